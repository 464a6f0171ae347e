/** Notifications about the engine: a final failure, and a load that is not what was planned. */

import * as vscode from "vscode";
import type { Disposable } from "../../base/disposable.ts";
import { warningsOf } from "../../protocol/engineStatus.ts";
import { describeError } from "../platform/localize.ts";
import type { EngineStatusSource } from "./engineStatusItem.ts";

/**
 * Shows an error when the engine has given up or the model cannot be loaded; a crash that leads to a restart is shown in the status bar
 * alone. Shows each warning of a load once, because the same model would repeat it with every load.
 */
export function registerEngineMessages(
	engine: EngineStatusSource,
	actions: {
		readonly restart: () => void;
		readonly openLog: () => void;
		/** Whether a failure is reported elsewhere; called for each. */
		readonly isQuiet: () => boolean;
	},
): Disposable {
	const warned = new Set<string>();
	return engine.onDidChangeStatus((status) => {
		for (const warning of status.kind === "ready" ? warningsOf(status) : []) {
			const warningText = describeError(warning);
			if (warned.has(warningText)) continue;
			warned.add(warningText);
			warn(warningText, actions.openLog);
		}
		const isFinal =
			status.kind === "failed" ||
			(status.kind === "crashed" && status.restartInMs === null);
		if (!isFinal || actions.isQuiet()) return;
		const sentence = describeError(status.error);
		const restart = vscode.l10n.t("Restart");
		const openLog = vscode.l10n.t("Open Log");
		const openSettings = vscode.l10n.t("Open Settings");
		// A restart would fail again the same way, unless the process crashed.
		const needsOtherModel =
			status.kind === "failed" && status.error.code !== "modelCrashes";
		const first = needsOtherModel ? openSettings : restart;
		void vscode.window
			.showErrorMessage(`Headroom: ${sentence}`, first, openLog)
			.then((chosen) => {
				if (chosen === restart) actions.restart();
				else if (chosen === openLog) actions.openLog();
				else if (chosen === openSettings)
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
