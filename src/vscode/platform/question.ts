/** A question before something that cannot be taken back, or that leaves the machine: a modal with one button that says yes. */

export interface Question {
	readonly title: string;
	readonly detail: string;
	readonly button: string;
}
