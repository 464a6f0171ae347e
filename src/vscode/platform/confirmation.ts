/** Modal dialogs before an action that cannot be undone or that leaves the machine. */

import * as vscode from "vscode";

export interface Confirmation {
	readonly title: string;
	readonly detail: string;
	/** Agrees; the dialog adds Cancel. */
	readonly button: string;
}

/** @returns whether the user agreed. */
export async function confirm(
	{ title, detail, button }: Confirmation,
	severity: "info" | "warning",
): Promise<boolean> {
	const { showInformationMessage, showWarningMessage } = vscode.window;
	const show =
		severity === "info" ? showInformationMessage : showWarningMessage;
	return (await show(title, { modal: true, detail }, button)) === button;
}
