/** The few moments at which the engine must say something to the user, once each. */

import * as vscode from "vscode";
import type { Disposable } from "../../base/disposable.ts";
import { describeError } from "../platform/localize.ts";
import type { EngineStatusSource } from "./engineStatusItem.ts";

/**
 * An error when the engine has given up or the model cannot be used. A crash that mends itself is shown in the status bar
 * and nowhere else. A warning where the model is not where it was meant to be: with every load that would be too often, so once for each text.
 */
export function registerEngineMessages(
	engine: EngineStatusSource,
	actions: {
		readonly restart: () => void;
		readonly openLog: () => void;
		/** Asked at each failure. */
		readonly tellsFailures: () => boolean;
	},
): Disposable {
	const warned = new Set<string>();
	return engine.onDidChangeStatus((status) => {
		const warning = status.kind === "ready" ? status.load.warning : undefined;
		const warningText = warning && describeError(warning);
		if (warningText && !warned.has(warningText)) {
			warned.add(warningText);
			warn(warningText, actions.openLog);
		}
		const isFinal =
			status.kind === "failed" ||
			(status.kind === "crashed" && status.restartInMs === null);
		if (!isFinal || !actions.tellsFailures()) return;
		const sentence = describeError(status.error);
		const restart = vscode.l10n.t("Restart");
		const openLog = vscode.l10n.t("Open Log");
		const chooseModel = vscode.l10n.t("Open Settings");
		const isSettled =
			status.kind === "failed" && status.error.code !== "modelCrashes";
		const first = isSettled ? chooseModel : restart;
		void vscode.window
			.showErrorMessage(`Headroom: ${sentence}`, first, openLog)
			.then((chosen) => {
				if (chosen === restart) actions.restart();
				else if (chosen === openLog) actions.openLog();
				else if (chosen === chooseModel)
					void vscode.commands.executeCommand(
						"workbench.action.openSettings",
						"headroom.model.file",
					);
			});
	});
}

function warn(sentence: string, openLogNow: () => void): void {
	const openLog = vscode.l10n.t("Open Log");
	void vscode.window
		.showWarningMessage(`Headroom: ${sentence}`, openLog)
		.then((chosen) => {
			if (chosen === openLog) openLogNow();
		});
}
