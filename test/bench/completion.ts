/** `npm run bench -- completion`: how inline completion does when typing is replayed, beside other ways to do it. */

import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { UserError } from "../../scripts/shell.ts";
import { readModelFile } from "../../src/models/header/modelFile.ts";
import { errorText } from "../../src/protocol/errors.ts";
import { patchModel } from "../support/models/patchModel.ts";
import { builtInModel, RealEngine } from "../support/models/realEngine.ts";
import { type ReplayFigures, replay, type Suggester } from "./replay.ts";
import {
	headroom,
	llamaVscodePattern,
	withLineInPrefix,
	withoutPrefixCache,
} from "./suggesters.ts";
import { makeTraces, readTraces, type Trace } from "./trace.ts";

export interface CompletionBenchOptions {
	/** Empty for the built-in model. */
	readonly model: string;
	/** Empty for traces made from the project's history and installed packages. */
	readonly tracesFolder: string;
	readonly tracesPerLanguage: number;
	/** Also compares where the typed line stands in prefix-first prompts. */
	readonly orders: boolean;
}

export interface CompletionRow {
	readonly name: string;
	readonly requests: number;
	readonly requestsAvoided: number;
	readonly reusedShare: number;
	readonly reusedShareWithinFile: number;
	readonly reusedShareOnReturn: number;
	readonly prefilledTokensPerKey: number;
	readonly firstTokenMsP50: number;
	readonly firstTokenMsP95: number;
	readonly firstLineMsP50: number;
	readonly firstLineMsP95: number;
	readonly shownShare: number;
	readonly charactersSavedPerKey: number;
	readonly exactLineShare: number;
	/** Places at which a rule left nothing of what the model wrote, by rule. */
	readonly dropped: Readonly<Record<string, number>>;
}

export async function benchCompletion({
	model,
	tracesFolder,
	tracesPerLanguage,
	orders,
}: CompletionBenchOptions): Promise<readonly CompletionRow[]> {
	const traces = tracesFolder
		? readTraces(tracesFolder)
		: makeTraces(tracesPerLanguage);
	if (traces.length === 0)
		throw new UserError("There are no traces to replay.");
	console.error(describe(traces));
	const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-bench-"));
	const engine = new RealEngine();
	engine.modelFile = model;
	const prefixFirst = new RealEngine();
	prefixFirst.modelFile = prefixFirstModel(model || builtInModel, folder);
	const suggesters: Readonly<Record<string, Suggester>> = {
		headroom: headroom(engine),
		noPrefixCache: withoutPrefixCache(engine),
		llamaVscodePattern: llamaVscodePattern(prefixFirst),
		llamaVscodePatternSuffixFirst: llamaVscodePattern(engine),
		...(orders
			? {
					prefixFirstLineLast: headroom(prefixFirst),
					prefixFirstPlain: withLineInPrefix(prefixFirst),
					suffixFirstPlain: withLineInPrefix(engine),
				}
			: {}),
	};
	try {
		for (const it of [engine, prefixFirst])
			await it.completeWhole({ prefixBlocks: ["a"], maxTokens: 1 });
		const rows: CompletionRow[] = [];
		for (const [name, suggester] of Object.entries(suggesters)) {
			console.error(`replaying: ${name}`);
			rows.push(row(name, await replay(traces, suggester)));
		}
		return rows;
	} finally {
		await engine.stop();
		await prefixFirst.stop();
		rmSync(folder, { recursive: true });
	}
}

/** A copy of a model that declares suffix-first order, which declares prefix-first; other models are that already. */
function prefixFirstModel(model: string, folder: string): string {
	const read = readModelFile(model);
	if (!read.ok) throw new UserError(errorText(read.error));
	if (read.value.description.fimOrder === "psm") return model;
	const copy = path.join(folder, "prefix-first.gguf");
	const declares = "headroom.fim.order\x08\0\0\0\x03\0\0\0\0\0\0\0";
	patchModel(model, copy, [[`${declares}spm`, `${declares}psm`]]);
	return copy;
}

function row(name: string, it: ReplayFigures): CompletionRow {
	return {
		name,
		requests: it.requests,
		requestsAvoided: it.asked - it.awaitedRequests,
		reusedShare: ratio(it.reusedTokens, it.promptTokens),
		reusedShareWithinFile: ratio(
			it.reusedTokensWithinFile,
			it.promptTokensWithinFile,
		),
		reusedShareOnReturn: ratio(
			it.reusedTokensOnReturn,
			it.promptTokensOnReturn,
		),
		prefilledTokensPerKey: ratio(it.prefilledTokens, it.keys),
		firstTokenMsP50: percentile(it.firstTokensMs, 0.5),
		firstTokenMsP95: percentile(it.firstTokensMs, 0.95),
		firstLineMsP50: percentile(it.firstLinesMs, 0.5),
		firstLineMsP95: percentile(it.firstLinesMs, 0.95),
		shownShare: ratio(it.shown, it.asked),
		charactersSavedPerKey: ratio(it.savedCharacters, it.keys),
		exactLineShare: ratio(it.exactLines, it.asked),
		dropped: Object.fromEntries([...it.dropped].sort(([, a], [, b]) => b - a)),
	};
}

function ratio(part: number, whole: number): number {
	return whole === 0 ? 0 : Math.round((part / whole) * 1e4) / 1e4;
}

function percentile(values: readonly number[], share: number): number {
	const sorted = [...values].sort((a, b) => a - b);
	const value = sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
	return Math.round(value * 10) / 10;
}

function describe(traces: readonly Trace[]): string {
	const languages = new Map<string, number>();
	for (const { languageId } of traces)
		languages.set(languageId, (languages.get(languageId) ?? 0) + 1);
	const keys = traces.reduce((sum, { events }) => sum + events.length, 0);
	return `${traces.length} traces (${[...languages].map(([id, n]) => `${n} ${id}`).join(", ")}), ${keys} keys`;
}
