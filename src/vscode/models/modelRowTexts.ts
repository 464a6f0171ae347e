/** Words the rows of a list of models: memory and speed of each, or why it cannot be used. */

import * as vscode from "vscode";
import { assertNever } from "../../base/assert.ts";
import { formatBytes } from "../../base/units.ts";
import { bandwidthOf } from "../../memory/machine/devices.ts";
import type { Plan, PlannedDevice } from "../../memory/plan/plan.ts";
import {
	concessionText,
	partsText,
	refusalText,
} from "../../memory/report/planText.ts";
import { shapeProblemText } from "../../memory/report/shapeProblemText.ts";
import { type ModelRow, mayChoose } from "../../models/choice/modelRows.ts";
import type { StoreKind } from "../../models/stores/modelStores.ts";
import { describeError } from "../platform/localize.ts";

/** File names in stores such as Ollama tell versions of a model apart; headers often do not. */
export function nameOf({ model, isBuiltIn }: ModelRow): string {
	return isBuiltIn && model.content.ok
		? model.content.value.description.name
		: model.name;
}

/** The most important part first: a list shows some eighty characters. */
export function verdictText({
	model,
	role,
	verdict,
	isDoubtful,
	isPrefixOnly,
	takesTurns,
}: ModelRow): string {
	const { t } = vscode.l10n;
	const doubt = [
		...(takesTurns
			? [t("no room beside the model for completion: they take turns")]
			: []),
		...(isPrefixOnly
			? [t("sees only the text before the cursor: no fill-in-the-middle")]
			: []),
		...(isDoubtful && !isPrefixOnly && role === "completion"
			? [t("a chat model, which may not be trained to complete code")]
			: []),
	];
	switch (verdict.kind) {
		case "fits":
			return [
				...planTexts(verdict.plan),
				...doubt,
				...verdict.concessions.map((it) => concessionText(it, t)),
				...arithmetic(verdict.plan),
			].join("; ");
		case "slow":
			return [
				t("slow"),
				...planTexts(verdict.plan),
				...doubt,
				...arithmetic(verdict.plan),
			].join("; ");
		case "unpriced":
			return t("Its memory use is not known until it is loaded: {why}", {
				why:
					verdict.why.kind === "header"
						? shapeProblemText(verdict.why.problem, t)
						: describeError(verdict.why.error),
			});
		case "doesNotFit":
			return [
				...verdict.plan.devices
					.filter(({ neededBytes, freeBytes }) => neededBytes > freeBytes)
					.map(shortfall),
				refusalText(verdict.plan, verdict.instead, t),
			].join("; ");
		case "otherRole":
			return role === "chat"
				? t("Not made for chat: its file has no chat template")
				: t(
						"Not made for code completion: its file has no fill-in-the-middle tokens",
					);
		case "broken":
			// Without the folder, which would fill the line.
			return describeError({
				...verdict.error,
				values: { ...verdict.error.values, file: model.name },
			});
		default:
			return assertNever(verdict);
	}
}

function shortfall({ device, neededBytes, freeBytes }: PlannedDevice): string {
	const { t } = vscode.l10n;
	const needed = formatBytes(neededBytes);
	const free = formatBytes(freeBytes);
	return device.kind === "cpu"
		? t("Does not fit: needs {needed} of RAM, and {free} are free", {
				needed,
				free,
			})
		: t("Does not fit: needs {needed} of {device}, and {free} are free", {
				needed,
				free,
				device: device.name,
			});
}

function planTexts(plan: Plan): readonly string[] {
	const { t } = vscode.l10n;
	const { gpus, host } = plan.request.placement;
	const isGuess = (gpus.length > 0 ? gpus : [host]).some(
		(it) => bandwidthOf(it).source === "assumed",
	);
	// A prediction has no more digits.
	const tokens = String(
		Number(plan.atFullWindow.tokensPerSecond.toPrecision(2)),
	);
	return [
		isGuess
			? t("about {tokens} tokens per second (rough estimate)", { tokens })
			: t("about {tokens} tokens per second", { tokens }),
		...plan.devices.map(({ device, bytes, neededBytes, freeBytes }) => {
			// The margin stays free.
			const needed = formatBytes(neededBytes - bytes.margin);
			const free = formatBytes(freeBytes);
			return device.kind === "cpu"
				? t("takes {needed} of {free} free RAM", { needed, free })
				: t("takes {needed} of {free} free on {device}", {
						needed,
						free,
						device: device.name,
					});
		}),
	];
}

function arithmetic({ devices }: Plan): readonly string[] {
	return devices.map(
		(it) => `${it.device.name}: ${partsText(it, vscode.l10n.t)}`,
	);
}

export function foundText({ model }: ModelRow): string {
	const { t } = vscode.l10n;
	const [{ store, label }] = model.locations;
	const names: Readonly<Record<StoreKind, string>> = {
		headroom: "Headroom",
		folder: t("folder from the settings"),
		ollama: "Ollama",
		lmStudio: "LM Studio",
		huggingFace: "Hugging Face",
		llamaCpp: "llama.cpp",
		jan: "Jan",
		gpt4all: "GPT4All",
	};
	return label === model.name ? names[store] : `${names[store]} (${label})`;
}

/** Why the row cannot be selected. */
export function refusalOf(row: ModelRow): string | undefined {
	if (mayChoose(row)) return undefined;
	const { verdict } = row;
	switch (verdict.kind) {
		case "doesNotFit":
			return vscode.l10n.t("{model} does not fit: {needs}.", {
				model: nameOf(row),
				needs: refusalText(verdict.plan, verdict.instead, vscode.l10n.t),
			});
		case "broken":
			return describeError(verdict.error);
		default:
			return `${nameOf(row)}: ${verdictText(row)}`;
	}
}
