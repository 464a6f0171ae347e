/** The entries of the model picker for a role: its models, and the way to the other role. */

import * as vscode from "vscode";
import { success } from "../../../base/result.ts";
import { devicesBeside } from "../../../models/choice/chatModelChoice.ts";
import {
	type ModelRow,
	modelRows,
	type RowsRequest,
} from "../../../models/choice/modelRows.ts";
import { isShipped } from "../../../models/choice/recommendModel.ts";
import type { ListedModel } from "../../../models/library/modelLibrary.ts";
import type { Role } from "../../../protocol/model.ts";
import {
	automaticModel,
	completionModel,
} from "../../../protocol/modelSelection.ts";
import {
	firstItems,
	itemsOf,
	type ModelPickItem,
	type PickContext,
	selectable,
	separator,
} from "./modelPickItems.ts";
import type { SwitchModelContext } from "./switchContext.ts";

/** Shown until the models are listed. */
export function firstItemsFor(
	role: Role,
	context: SwitchModelContext,
): readonly ModelPickItem[] {
	return withOtherRole(
		role === "chat"
			? chatItems(undefined, context)
			: firstItems(pickContext(context)),
		role,
	);
}

export async function itemsFor(
	role: Role,
	context: SwitchModelContext,
): Promise<{
	readonly items: readonly ModelPickItem[];
	readonly folders: readonly string[];
}> {
	const { host, chosen, configuration } = context;
	const [{ models, folders }, devices] = await Promise.all([
		chosen.list(),
		host.devices.get(),
	]);
	const { builtInFile } = chosen;
	const request: RowsRequest = {
		role,
		// The draft model that ships with Headroom is no choice.
		models: models.filter(
			(it) => it.file === builtInFile || !isShipped(it, builtInFile),
		),
		devices,
		builtInFile,
		allowsPartial: configuration.settings["engine.partialOffload"],
	};
	const items =
		role === "chat"
			? await chatModelItems(request, models, context)
			: itemsOf(modelRows(request), pickContext(context));
	return { items: withOtherRole(items, role), folders };
}

function pickContext({ chosen }: SwitchModelContext): PickContext {
	return {
		selection: chosen.selection,
		canPin: vscode.workspace.workspaceFolders !== undefined,
	};
}

/** Priced beside the model for completion; a model that fits only alone takes turns with it. */
async function chatModelItems(
	request: RowsRequest,
	models: readonly ListedModel[],
	context: SwitchModelContext,
): Promise<readonly ModelPickItem[]> {
	const { chosen } = context;
	const { devices, builtInFile } = request;
	const completionFile = await chosen.fileOf(chosen.selection);
	const completion = models.find(({ file }) => file === completionFile);
	const besides = devices.ok
		? success(devicesBeside(completion, devices.value))
		: devices;
	const installed = request.models.filter(({ file }) => file !== builtInFile);
	const alone = modelRows({ ...request, models: installed });
	const rows = modelRows({
		...request,
		models: installed,
		devices: besides,
	}).map((row) => {
		if (row.group !== "doesNotFit") return row;
		const own = alone.find(({ model }) => model.file === row.model.file);
		return own?.group === "recommended" || own?.group === "fits"
			? { ...own, group: "fits" as const, takesTurns: true }
			: row;
	});
	const automatic = await chosen.automaticChatFor(completionFile);
	const automaticRow = [...rows, ...alone].find(
		({ model }) => model.file === automatic.file,
	);
	return [
		...chatItems(automaticRow, context),
		...itemsOf(
			rows.map((row) =>
				row.group === "recommended" ? { ...row, group: "fits" } : row,
			),
			{
				selection: { setting: chosen.chatSelection, pin: undefined },
				canPin: false,
				withoutAutomatic: true,
			},
		),
	];
}

function chatItems(
	automatic: ModelRow | undefined,
	{ chosen }: SwitchModelContext,
): readonly ModelPickItem[] {
	const { t } = vscode.l10n;
	const pick: PickContext = {
		selection: { setting: chosen.chatSelection, pin: undefined },
		canPin: false,
	};
	return [
		separator(t("Recommended")),
		selectable(
			{
				label: `$(wand) ${t("Automatic")}`,
				detail: automatic
					? t(
							"The model that serves a chat best beside the one for completion, currently {model}",
							{ model: automatic.model.name },
						)
					: t(
							"The model that serves a chat best beside the one for completion",
						),
				name: t("Automatic"),
				selects: automaticModel,
			},
			pick,
		),
		selectable(
			{
				label: `$(link) ${t("Same as for completion")}`,
				detail: t("Takes no further memory but that of the conversation"),
				name: t("Same as for completion"),
				selects: completionModel,
			},
			pick,
		),
	];
}

/** Behind the first group, where it is seen without scrolling. */
function withOtherRole(
	items: readonly ModelPickItem[],
	role: Role,
): readonly ModelPickItem[] {
	const isSeparator = ({ kind }: ModelPickItem) =>
		kind === vscode.QuickPickItemKind.Separator;
	const second = items.findIndex((it, index) => index > 0 && isSeparator(it));
	const end = second < 0 ? items.length : second;
	return [...items.slice(0, end), ...otherRole(role), ...items.slice(end)];
}

function otherRole(role: Role): readonly ModelPickItem[] {
	const { t } = vscode.l10n;
	return role === "chat"
		? [
				separator(t("Completion")),
				{
					label: `$(edit) ${t("Models for completion")}`,
					shows: "completion",
					alwaysShow: true,
				},
			]
		: [
				separator(t("Chat")),
				{
					label: `$(comment-discussion) ${t("Models for chat")}`,
					shows: "chat",
					alwaysShow: true,
				},
			];
}
