/** The table of a benchmark, as Markdown. Does not need an editor. */

import type { Translate } from "../../base/sentence.ts";
import { formatBytes, formatMs } from "../../base/units.ts";
import type { BenchmarkResult } from "../../models/choice/benchmarkStore.ts";
import { errorText, type HeadroomError } from "../../protocol/errors.ts";

export interface FailedBenchmark {
	readonly name: string;
	readonly error: HeadroomError;
}

export function benchmarkDocument(
	results: readonly BenchmarkResult[],
	failures: readonly FailedBenchmark[],
	t: Translate,
): string {
	const header = [
		t("model"),
		t("time to first line"),
		t("tokens per second"),
		t("memory"),
		t("exact match"),
	];
	return `${[
		`# ${t("Benchmark of this machine")}`,
		"",
		...table([header, ...results.map(cells)]),
		...(failures.length > 0
			? ["", ...failures.map((it) => failureLine(it, t))]
			: []),
		"",
		t(
			"Time to first line is the median from the request to the complete first line. Exact match counts the cases in which the suggestion equals the rest of the line. There are few cases: they only tell apart models of clearly different quality.",
		),
	].join("\n")}\n`;
}

function cells({
	name,
	timeToFirstLineMs,
	tokensPerSecond,
	memoryBytes,
	exactMatches,
	cases,
}: BenchmarkResult): readonly string[] {
	return [
		escaped(name),
		timeToFirstLineMs === null ? "-" : formatMs(timeToFirstLineMs),
		tokensPerSecond === null ? "-" : tokensPerSecond.toFixed(1),
		memoryBytes === null ? "-" : formatBytes(memoryBytes),
		`${exactMatches} / ${cases}`,
	];
}

/** The first row is the header; all columns but the first hold numbers. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
	const [header = [], ...body] = rows;
	const rule = header.map((_, index) => (index === 0 ? "---" : "---:"));
	return [header, rule, ...body].map((row) => `| ${row.join(" | ")} |`);
}

function failureLine({ name, error }: FailedBenchmark, t: Translate): string {
	return `- ${escaped(name)}: ${escaped(errorText(error, t))}`;
}

/** Names and paths may contain Markdown characters. */
function escaped(text: string): string {
	return text.replace(/[\\`*_{}[\]<>#|]/g, "\\$&");
}
