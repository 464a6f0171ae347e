/** "Switch Model": lists the models of the machine for each role, and switches to the one that is picked. */

import * as vscode from "vscode";
import { DisposableStore } from "../../../base/disposable.ts";
import { watchFolders } from "../../../models/stores/watchFolders.ts";
import type { Role } from "../../../protocol/model.ts";
import {
	automaticModel,
	type ModelSelection,
} from "../../../protocol/modelSelection.ts";
import type { ModelPickItem } from "./modelPickItems.ts";
import { firstItemsFor, itemsFor } from "./rolePickItems.ts";
import { showChatSwitch, showSwitch } from "./showSwitch.ts";
import type { SwitchModelContext } from "./switchContext.ts";

/**
 * @param file a model to switch to without asking, such as one that was just downloaded.
 * @param role undefined for what the file can do: completion, if that.
 */
export async function switchModel(
	context: SwitchModelContext,
	file?: unknown,
	role?: Role,
): Promise<void> {
	if (typeof file === "string") {
		const name = file.split(/[\\/]/).at(-1) ?? file;
		if ((role ?? (await context.chosen.roleOf(file))) === "chat")
			await showChatSwitch(name, file, context);
		else await showSwitch(name, { setting: file, pin: undefined }, context);
		return;
	}
	const picked = await pickModel(context, role ?? "completion");
	if (!picked) return;
	const { item, isForWorkspace } = picked;
	if (item.refusal !== undefined) {
		await showRefusal(item.refusal, context, picked.role);
		return;
	}
	if (item.selects === undefined) return;
	// Only then: a switch to another model may roll back to the automatic choice as it was.
	if (item.selects === automaticModel) context.chosen.chooseAnew();
	const name = item.name ?? item.label;
	if (picked.role === "chat") {
		await showChatSwitch(name, item.selects, context);
		return;
	}
	const wanted: ModelSelection = isForWorkspace
		? { setting: context.chosen.selection.setting, pin: item.selects }
		: { setting: item.selects, pin: undefined };
	await showSwitch(name, wanted, context);
}

interface Picked {
	readonly item: ModelPickItem;
	readonly role: Role;
	readonly isForWorkspace: boolean;
}

/** Opens at once, and is filled when the models are known. Undefined where nothing is picked. */
function pickModel(
	context: SwitchModelContext,
	first: Role,
): Promise<Picked | undefined> {
	const pick = vscode.window.createQuickPick<ModelPickItem>();
	const store = new DisposableStore();
	store.add(pick);
	let role = first;
	pick.matchOnDescription = true;
	pick.matchOnDetail = true;
	let isOpen = true;
	let watched = store.add(new DisposableStore());
	const fill = async (): Promise<void> => {
		const filledRole = role;
		const { items, folders } = await itemsFor(filledRole, context);
		if (!isOpen || role !== filledRole) return;
		const active = pick.activeItems[0]?.selects;
		pick.items = items;
		if (active !== undefined)
			pick.activeItems = pick.items.filter((it) => it.selects === active);
		pick.busy = false;
		watched.dispose();
		watched = store.add(new DisposableStore());
		watched.add(watchFolders(folders, () => void fill()));
	};
	const show = (shown: Role): void => {
		role = shown;
		pick.title = titleOf(shown);
		pick.placeholder = placeholderOf(shown, context);
		pick.value = "";
		pick.busy = true;
		pick.items = firstItemsFor(shown, context);
		void fill();
	};
	show(first);
	return new Promise((resolve) => {
		const end = (picked: Picked | undefined): void => {
			isOpen = false;
			resolve(picked);
			store.dispose();
		};
		store.add(
			pick.onDidAccept(() => {
				const [item] = pick.selectedItems;
				if (item?.shows) show(item.shows);
				else if (item) end({ item, role, isForWorkspace: false });
			}),
		);
		store.add(
			pick.onDidTriggerItemButton(({ item }) =>
				end({ item, role, isForWorkspace: true }),
			),
		);
		store.add(pick.onDidHide(() => end(undefined)));
		pick.show();
	});
}

function titleOf(role: Role): string {
	const { t } = vscode.l10n;
	return role === "chat"
		? t("Switch Model for Chat")
		: t("Switch Model for Completion");
}

function placeholderOf(role: Role, { chosen }: SwitchModelContext): string {
	const { t } = vscode.l10n;
	if (role === "chat")
		return t("The model for chat; it is loaded when you ask");
	return chosen.selection.pin === undefined
		? t("The model for code completion")
		: t(
				"The model for code completion; Enter replaces the one pinned to this workspace",
			);
}

async function showRefusal(
	refusal: string,
	context: SwitchModelContext,
	role: Role,
): Promise<void> {
	const another = vscode.l10n.t("Choose Another");
	const chosen = await vscode.window.showWarningMessage(
		`Headroom: ${refusal}`,
		another,
	);
	if (chosen === another) await switchModel(context, undefined, role);
}
