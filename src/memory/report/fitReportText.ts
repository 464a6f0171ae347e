/** Words the fit report. */

import type { Translate } from "../../base/sentence.ts";
import { formatBytes } from "../../base/units.ts";
import { errorText } from "../../protocol/errors.ts";
import {
	type ComparedPart,
	type DeviceComparison,
	type FitReportFacts,
	fitReport,
} from "./fitReport.ts";
import { modelText, planText } from "./planText.ts";

/** Lines of text. */
export function fitReportText(
	facts: FitReportFacts,
	t: Translate,
): readonly string[] {
	const report = fitReport(facts);
	const remarks = templateRemarks(facts, t);
	if (!report)
		return [
			...remarks,
			t("{model} was loaded without a plan.", {
				model: modelText(facts.model),
			}),
		];
	return [
		...remarks,
		t("MEMORY NEEDED, and free without this model"),
		"",
		...planText(report.needed, t),
		"",
		t("PREDICTED VS. ALLOCATED"),
		"",
		...report.comparisons.flatMap((it) => comparisonText(it, t)),
		t(
			"Buffers include whatever llama.cpp allocated beyond the prediction, or below it.",
		),
	];
}

/** What is wrong with the model's chat template. That a model is not made for chat is no news here. */
function templateRemarks(
	{ load: { chatError, chatNote } }: FitReportFacts,
	t: Translate,
): readonly string[] {
	const remark =
		chatError?.code === "chatTemplateBroken" ? chatError : chatNote;
	return remark ? [errorText(remark, t), ""] : [];
}

function comparisonText(
	{ device, rows }: DeviceComparison,
	t: Translate,
): readonly string[] {
	return [
		device,
		rowText("", t("predicted"), t("allocated")),
		...rows.map(({ part, predictedBytes, allocatedBytes }) =>
			rowText(
				partName(part, t),
				bytesText(predictedBytes),
				bytesText(allocatedBytes),
			),
		),
		"",
	];
}

function partName(part: ComparedPart, t: Translate): string {
	const names: Readonly<Record<ComparedPart, string>> = {
		weights: t("weights"),
		kvCache: t("KV cache"),
		buffers: t("buffers"),
		draft: t("draft model"),
		total: t("total"),
	};
	return names[part];
}

function rowText(name: string, predicted: string, allocated: string): string {
	return `  ${name.padEnd(12)}${predicted.padStart(10)}${allocated.padStart(12)}`;
}

function bytesText(bytes: number): string {
	return bytes < 0
		? `-${formatBytes(Math.round(-bytes))}`
		: formatBytes(Math.round(bytes));
}
