/** Reports a model file that was downloaded or imported, and offers to switch to it. */

import * as vscode from "vscode";
export interface ModelNews {
	readonly severity: "info" | "warning" | "error";
	readonly text: string;
	/** The model to offer; undefined where there is none. */
	readonly file: string | undefined;
}

export async function tellModelNews(
	{ severity, text, file }: ModelNews,
	useModel: (file: string) => Promise<void>,
): Promise<void> {
	const use = vscode.l10n.t("Use This Model");
	const buttons = file === undefined ? [] : [use];
	const chosen = await show(severity)(text, ...buttons);
	if (chosen === use && file !== undefined) await useModel(file);
}

function show(
	severity: ModelNews["severity"],
): (text: string, ...buttons: string[]) => Thenable<string | undefined> {
	const { window } = vscode;
	switch (severity) {
		case "info":
			return window.showInformationMessage;
		case "warning":
			return window.showWarningMessage;
		case "error":
			return window.showErrorMessage;
	}
}
