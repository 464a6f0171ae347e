/** "Switch Model": lists the models of the machine, and switches to the one that is picked. */

import * as vscode from "vscode";
import { DisposableStore } from "../../base/disposable.ts";
import type { ModelHost } from "../../client/modelHost.ts";
import type { SwitchOutcome } from "../../client/modelSwitch.ts";
import { modelRows } from "../../models/choice/modelRows.ts";
import { watchFolders } from "../../models/stores/watchFolders.ts";
import type { ModelDescription } from "../../protocol/model.ts";
import {
	automaticModel,
	type ModelSelection,
} from "../../protocol/modelSelection.ts";
import { abortSignal } from "../platform/cancellation.ts";
import type { Configuration } from "../platform/configuration.ts";
import { describeError } from "../platform/localize.ts";
import type { ChosenModel } from "./chosenModel.ts";
import { firstItems, itemsOf, type ModelPickItem } from "./modelPickItems.ts";

export interface SwitchModelContext {
	readonly host: Pick<ModelHost, "modelSwitch" | "devices">;
	readonly chosen: ChosenModel;
	readonly configuration: Configuration;
}

/** @param file a model to switch to without asking, such as one that was just downloaded. */
export async function switchModel(
	context: SwitchModelContext,
	file?: unknown,
): Promise<void> {
	if (typeof file === "string") {
		const wanted = { setting: file, pin: undefined };
		await showSwitch(file.split(/[\\/]/).at(-1) ?? file, wanted, context);
		return;
	}
	const picked = await pickModel(context);
	if (!picked) return;
	const { item, isForWorkspace } = picked;
	if (item.refusal !== undefined) {
		await showRefusal(item.refusal, context);
		return;
	}
	if (item.selects === undefined) return;
	// Only then: a switch to another model may roll back to the automatic choice as it was.
	if (item.selects === automaticModel) context.chosen.chooseAnew();
	await showSwitch(
		item.name ?? item.label,
		isForWorkspace
			? { setting: context.chosen.selection.setting, pin: item.selects }
			: { setting: item.selects, pin: undefined },
		context,
	);
}

interface Picked {
	readonly item: ModelPickItem;
	readonly isForWorkspace: boolean;
}

/** Opens at once, and is filled when the models are known. Undefined where nothing is picked. */
function pickModel(context: SwitchModelContext): Promise<Picked | undefined> {
	const { t } = vscode.l10n;
	const pick = vscode.window.createQuickPick<ModelPickItem>();
	const store = new DisposableStore();
	store.add(pick);
	const pickContext = {
		selection: context.chosen.selection,
		canPin: vscode.workspace.workspaceFolders !== undefined,
	};
	pick.title = t("Switch Model");
	pick.placeholder =
		pickContext.selection.pin === undefined
			? t("The model for code completion")
			: t(
					"The model for code completion; Enter replaces the one pinned to this workspace",
				);
	pick.matchOnDescription = true;
	pick.matchOnDetail = true;
	pick.busy = true;
	pick.items = firstItems(pickContext);
	let isOpen = true;
	let watched = store.add(new DisposableStore());
	const fill = async (): Promise<void> => {
		const [{ models, folders }, devices] = await Promise.all([
			context.chosen.list(),
			context.host.devices.get(),
		]);
		if (!isOpen) return;
		const active = pick.activeItems[0]?.selects;
		pick.items = itemsOf(
			modelRows({
				role: "completion",
				models,
				devices,
				builtInFile: context.chosen.builtInFile,
				allowsPartial: context.configuration.settings["engine.partialOffload"],
			}),
			pickContext,
		);
		if (active !== undefined)
			pick.activeItems = pick.items.filter((it) => it.selects === active);
		pick.busy = false;
		watched.dispose();
		watched = store.add(new DisposableStore());
		watched.add(watchFolders(folders, () => void fill()));
	};
	void fill();
	return new Promise((resolve) => {
		const end = (picked: Picked | undefined): void => {
			isOpen = false;
			resolve(picked);
			store.dispose();
		};
		store.add(
			pick.onDidAccept(() => {
				const [item] = pick.selectedItems;
				if (item) end({ item, isForWorkspace: false });
			}),
		);
		store.add(
			pick.onDidTriggerItemButton(({ item }) =>
				end({ item, isForWorkspace: true }),
			),
		);
		store.add(pick.onDidHide(() => end(undefined)));
		pick.show();
	});
}

async function showRefusal(
	refusal: string,
	context: SwitchModelContext,
): Promise<void> {
	const another = vscode.l10n.t("Choose Another");
	const chosen = await vscode.window.showWarningMessage(
		`Headroom: ${refusal}`,
		another,
	);
	if (chosen === another) await switchModel(context);
}

async function showSwitch(
	name: string,
	wanted: ModelSelection,
	{ host }: SwitchModelContext,
): Promise<void> {
	const outcome = await vscode.window.withProgress(
		{
			location: vscode.ProgressLocation.Notification,
			title: vscode.l10n.t("Headroom: loading {model}", { model: name }),
			cancellable: true,
		},
		async (progress, token) => {
			let shown = 0;
			return await host.modelSwitch.switchTo({
				wanted,
				signal: abortSignal(token),
				onProgress: (fraction) => {
					progress.report({ increment: (fraction - shown) * 100 });
					shown = fraction;
				},
			});
		},
	);
	reportOutcome(outcome, name);
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
