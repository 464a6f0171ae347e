/** A modal dialog that asks before an action that cannot be undone or that leaves the machine; its one button agrees. */

export interface Confirmation {
	readonly title: string;
	readonly detail: string;
	readonly button: string;
}
