/** Rows of models as entries of a quick pick. */

import * as vscode from "vscode";
import { assertNever } from "../../../base/assert.ts";
import { formatBytes } from "../../../base/units.ts";
import {
	type ModelRow,
	type RowGroup,
	rowGroups,
} from "../../../models/choice/modelRows.ts";
import type { Role } from "../../../protocol/model.ts";
import {
	automaticModel,
	builtInModel,
	type ModelSelection,
	selectedModel,
} from "../../../protocol/modelSelection.ts";
import { foundText, nameOf, refusalOf, verdictText } from "../modelRowTexts.ts";

export interface ModelPickItem extends vscode.QuickPickItem {
	/** The value for the setting; undefined for separators and the way to the other role. */
	readonly selects?: string;
	/** Shows the models for this role. */
	readonly shows?: Role;
	/** For the titles of later steps. */
	readonly name?: string;
	/** Why it cannot be selected. */
	readonly refusal?: string;
}

export interface PickContext {
	readonly selection: ModelSelection;
	/** Whether there is a workspace to pin a model to. */
	readonly canPin: boolean;
	/** The caller has an entry of its own for the automatic choice. */
	readonly withoutAutomatic?: boolean;
}

/** Shown until the models are listed. */
export function firstItems(context: PickContext): readonly ModelPickItem[] {
	const { t } = vscode.l10n;
	return [
		separator(groupTitle("recommended")),
		automaticItem(undefined, context),
		selectable(
			{
				label: `$(package) ${t("Built-in model")}`,
				detail: t("Small, and ships with Headroom"),
				name: t("Built-in model"),
				selects: builtInModel,
			},
			context,
		),
	];
}

export function itemsOf(
	rows: readonly ModelRow[],
	context: PickContext,
): readonly ModelPickItem[] {
	return rowGroups.flatMap((group) => {
		const items = rows
			.filter((row) => row.group === group)
			.map((row) => rowItem(row, context));
		if (group === "recommended" && !context.withoutAutomatic)
			items.unshift(
				automaticItem(
					rows.find((it) => it.group === "recommended"),
					context,
				),
			);
		return items.length > 0 ? [separator(groupTitle(group)), ...items] : [];
	});
}

function groupTitle(group: RowGroup): string {
	const { t } = vscode.l10n;
	switch (group) {
		case "recommended":
			return t("Recommended");
		case "fits":
			return t("Fits");
		case "doesNotFit":
			return t("Does not fit");
		case "unusable":
			return t("Cannot be used");
		default:
			return assertNever(group);
	}
}

export function separator(label: string): ModelPickItem {
	return { label, kind: vscode.QuickPickItemKind.Separator };
}

function automaticItem(
	recommended: ModelRow | undefined,
	context: PickContext,
): ModelPickItem {
	const { t } = vscode.l10n;
	return selectable(
		{
			label: `$(wand) ${t("Automatic")}`,
			detail: recommended
				? t(
						"The largest installed model that fits and is fast enough, currently {model}",
						{ model: nameOf(recommended) },
					)
				: t("The largest installed model that fits and is fast enough"),
			name: t("Automatic"),
			selects: automaticModel,
		},
		context,
	);
}

function rowItem(row: ModelRow, context: PickContext): ModelPickItem {
	const { model, isBuiltIn } = row;
	const refusal = refusalOf(row);
	const quantization = model.content.ok
		? model.content.value.description.quantization
		: undefined;
	return selectable(
		{
			label: `$(${iconOf(row)}) ${nameOf(row)}`,
			description: [quantization, formatBytes(model.sizeBytes), foundText(row)]
				.filter((it) => it !== undefined)
				.join(", "),
			detail: verdictText(row),
			name: nameOf(row),
			selects: isBuiltIn ? builtInModel : model.file,
			...(refusal !== undefined && { refusal }),
		},
		context,
	);
}

/** Marks the selected item in words, and adds a pin button to items that can be loaded. */
export function selectable(
	base: ModelPickItem & { readonly selects: string },
	{ selection, canPin }: PickContext,
): ModelPickItem {
	const { t } = vscode.l10n;
	const mark =
		base.selects !== selectedModel(selection)
			? undefined
			: selection.pin === undefined
				? t("selected")
				: t("selected for this workspace");
	return {
		...base,
		description: [mark, base.description]
			.filter((it) => it !== undefined)
			.join(", "),
		...(canPin &&
			base.refusal === undefined && {
				buttons: [
					{
						iconPath: new vscode.ThemeIcon("pin"),
						tooltip: t("For this workspace only"),
					},
				],
			}),
	};
}

function iconOf({ verdict, isBuiltIn }: ModelRow): string {
	switch (verdict.kind) {
		case "fits":
			return "check";
		case "slow":
			return "watch";
		case "unpriced":
			return "question";
		case "doesNotFit":
			return isBuiltIn ? "check" : "circle-slash";
		case "otherRole":
			return "circle-slash";
		case "broken":
			return "error";
		default:
			return assertNever(verdict);
	}
}
