/** Runs the completion benchmark on one engine: speed and exact matches. */

import type { HeadroomError } from "../../protocol/errors.ts";
import type { CompletionEngine } from "../request/completionEngine.ts";
import {
	type CompletionResult,
	streamCompletion,
} from "../request/getCompletion.ts";
import { noContext } from "../request/promptContext.ts";
import { type BenchmarkCase, benchmarkCases } from "./benchmarkCases.ts";

interface BenchmarkFigures {
	readonly cases: number;
	/** Cases whose first suggested line is the expected rest of the line. */
	readonly exactMatches: number;
	/** The median time from the request to the complete first line; null without any answer. */
	readonly timeToFirstLineMs: number | null;
	/** Over all cases; null where nothing was decoded. */
	readonly tokensPerSecond: number | null;
}

export type BenchmarkRun =
	| { readonly kind: "done"; readonly figures: BenchmarkFigures }
	| { readonly kind: "failed"; readonly error: HeadroomError }
	| { readonly kind: "cancelled" };

export interface BenchmarkOptions {
	readonly signal: AbortSignal;
	/** Called before each case. */
	readonly onCase?: (done: number, total: number) => void;
	readonly now?: () => number;
	readonly cases?: readonly BenchmarkCase[];
}

/** Runs the first case once more as a warm-up, which loads the model and is not counted. */
export async function runBenchmark(
	engine: CompletionEngine,
	{
		signal,
		onCase = () => {},
		now = () => performance.now(),
		cases = benchmarkCases,
	}: BenchmarkOptions,
): Promise<BenchmarkRun> {
	const firstLinesMs: number[] = [];
	let exactMatches = 0;
	let decodeTokens = 0;
	let decodeMs = 0;
	for (const [index, { snapshot, expected }] of [
		...cases.slice(0, 1),
		...cases,
	].entries()) {
		onCase(Math.max(0, index - 1), cases.length);
		const startMs = now();
		let firstLineMs: number | undefined;
		let result: CompletionResult | undefined;
		for await (const event of streamCompletion(snapshot, engine, {
			signal,
			contextProvider: noContext,
		}))
			if (event.kind === "end") result = event.result;
			else if (event.kind === "firstLine") firstLineMs ??= now() - startMs;
		if (signal.aborted || !result) return { kind: "cancelled" };
		if (result.kind === "none" && result.reason.kind === "failed")
			return { kind: "failed", error: result.reason.error };
		if (index === 0) continue;
		decodeTokens += result.stats?.decodeTokens ?? 0;
		decodeMs += result.stats?.decodeMs ?? 0;
		if (result.kind === "none") continue;
		firstLinesMs.push(firstLineMs ?? now() - startMs);
		if (firstLineOf(result.text) === expected) exactMatches++;
	}
	return {
		kind: "done",
		figures: {
			cases: cases.length,
			exactMatches,
			timeToFirstLineMs: median(firstLinesMs),
			tokensPerSecond: decodeMs > 0 ? (decodeTokens * 1000) / decodeMs : null,
		},
	};
}

function firstLineOf(text: string): string {
	return (text.split("\n", 1)[0] ?? "").trimEnd();
}

function median(values: readonly number[]): number | null {
	const sorted = values.toSorted((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)] ?? null;
}
