/** Switches to a model with its progress on screen, and reports how that ended. */

import * as vscode from "vscode";
import type { SwitchOutcome } from "../../../client/modelSwitch.ts";
import { ownChat } from "../../../protocol/engineStatus.ts";
import type { ModelDescription } from "../../../protocol/model.ts";
import {
	automaticModel,
	completionModel,
	type ModelSelection,
} from "../../../protocol/modelSelection.ts";
import { abortSignal } from "../../platform/cancellation.ts";
import { describeError } from "../../platform/localize.ts";
import type { SwitchModelContext } from "./switchContext.ts";

export async function showSwitch(
	name: string,
	wanted: ModelSelection,
	{ host }: SwitchModelContext,
): Promise<void> {
	const outcome = await withProgress(name, (signal, onProgress) =>
		host.modelSwitch.switchTo({ wanted, signal, onProgress }),
	);
	reportOutcome(outcome, name);
}

/** The choice counts even where the model cannot be loaded now: the chat says why with each question. */
export async function showChatSwitch(
	name: string,
	selects: string,
	{ host, chosen }: SwitchModelContext,
): Promise<void> {
	await chosen.selectChat(selects);
	if (selects === automaticModel || selects === completionModel) return;
	const loaded = await withProgress(name, async (signal, onProgress) => {
		const subscription = host.supervisor.onDidChangeStatus((status) => {
			const chat = ownChat(status);
			if (chat?.state === "loading") onProgress(chat.fraction);
		});
		try {
			return await host.loadChat(signal);
		} finally {
			subscription.dispose();
		}
	});
	if (loaded && !loaded.ok)
		void vscode.window.showErrorMessage(
			`Headroom: ${describeError(loaded.error)}`,
		);
}

function withProgress<T>(
	name: string,
	work: (
		signal: AbortSignal,
		onProgress: (fraction: number) => void,
	) => Promise<T>,
): Thenable<T> {
	return vscode.window.withProgress(
		{
			location: vscode.ProgressLocation.Notification,
			title: vscode.l10n.t("Headroom: loading {model}", { model: name }),
			cancellable: true,
		},
		(progress, token) => {
			let shown = 0;
			return work(abortSignal(token), (fraction) => {
				progress.report({ increment: (fraction - shown) * 100 });
				shown = fraction;
			});
		},
	);
}

/** Reports a switch that did not work out; for one that did, the status bar says enough. */
function reportOutcome(outcome: SwitchOutcome, name: string): void {
	const { t } = vscode.l10n;
	switch (outcome.kind) {
		case "failed":
			void vscode.window.showErrorMessage(
				`Headroom: ${describeError(outcome.error)} ${rollbackText(outcome.rolledBackTo)}`,
			);
			return;
		case "cancelled":
			void vscode.window.showInformationMessage(
				`${t("Headroom: {model} was not loaded.", { model: name })} ${rollbackText(outcome.rolledBackTo)}`,
			);
			return;
		default:
	}
}

function rollbackText(model: ModelDescription | undefined): string {
	const { t } = vscode.l10n;
	return model
		? t("Rolled back to {model}.", { model: model.name })
		: t("No model is loaded.");
}
