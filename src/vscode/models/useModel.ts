/** Goes over to a model file that has just come. */

import * as vscode from "vscode";
import type { Configuration } from "../platform/configuration.ts";

const switchCommand = "headroom.switchModel";

/** Through the switch where there is one: it shows progress, and puts the former model back when this one fails. */
async function useModel(
	file: string,
	configuration: Configuration,
): Promise<void> {
	const commands = await vscode.commands.getCommands(true);
	if (commands.includes(switchCommand))
		await vscode.commands.executeCommand(switchCommand, file);
	else await configuration.set("model.file", file);
}

export interface ModelNews {
	readonly severity: "info" | "warning" | "error";
	readonly text: string;
	/** The model that is there now, where it is one. */
	readonly file: string | undefined;
}

/** Says what came, and offers to use it. */
export async function tellModelNews(
	{ severity, text, file }: ModelNews,
	configuration: Configuration,
): Promise<void> {
	const use = vscode.l10n.t("Use This Model");
	const buttons = file === undefined ? [] : [use];
	const chosen = await show(severity)(text, ...buttons);
	if (chosen === use && file !== undefined) await useModel(file, configuration);
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
