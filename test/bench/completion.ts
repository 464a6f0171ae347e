/** `npm run bench -- completion`: how inline completion does when typing is replayed, beside other ways to do it. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { UserError } from "../../scripts/shell.ts";
import { readModelFile } from "../../src/models/header/modelFile.ts";
import { errorText } from "../../src/protocol/errors.ts";
import { patchModel } from "../support/models/patchModel.ts";
import { builtInModel, RealEngine } from "../support/models/realEngine.ts";
import {
	ReplayClock,
	type ReplayFigures,
	replay,
	type Suggester,
} from "./replay.ts";
import {
	headroom,
	headroomAtOnce,
	headroomInPauses,
	headroomMore,
	llamaVscodePattern,
	withLineInPrefix,
	withoutPrefixCache,
} from "./suggesters.ts";
import { makeTraces, readTraces, type Trace, typedBy } from "./trace.ts";
import type { TypistName } from "./typists.ts";

export interface CompletionBenchOptions {
	/** Empty for the built-in model. */
	readonly model: string;
	/** Empty for traces made from the project's history and installed packages. */
	readonly tracesFolder: string;
	readonly tracesPerLanguage: number;
	readonly typists: readonly TypistName[];
	/** Of {@link suggesterNames}; empty for all but the orders. */
	readonly only: readonly string[];
	/** How long a suggestion must be on screen before the user accepts it. */
	readonly readingMs: number;
	/** Also compares where the typed line stands in prefix-first prompts. */
	readonly orders: boolean;
}

/** Shares are 0 to 1; keys are those that were pressed, without those that accepted suggestions saved. Any one of inTime, shownPer100Keys, acceptedOfShown and keptOfAccepted alone can be gamed: read them together. */
export interface CompletionRow {
	readonly typist: TypistName;
	readonly name: string;
	/** Positions where VS Code asked and a suggestion was there before the next key. */
	readonly inTime: number;
	readonly shownPer100Keys: number;
	readonly acceptedOfShown: number;
	/** Different ones: a suggestion that is typed through is one. */
	readonly suggestionsPer100Keys: number;
	readonly acceptedOfSuggestions: number;
	/** Of those, neither accepted nor on screen for as long as a glance takes. */
	readonly unreadOfSuggestions: number;
	/** Characters of accepted suggestions that the trace types too. */
	readonly keptOfAccepted: number;
	readonly charactersSavedPerKey: number;
	/** Of positions where VS Code asked. */
	readonly exactLineShare: number;
	/** Prompt and answer, aborted requests included. */
	readonly evaluatedTokensPerKey: number;
	/** Of prompts that someone waited for, where a line end was just typed. */
	readonly evaluatedTokensAtNewLineP50: number;
	readonly evaluatedTokensAtNewLineP95: number;
	/** Of the engine's process; null where the system does not tell. */
	readonly cpuSecondsPerKey: number | null;
	readonly firstTokenMsP50: number;
	readonly firstTokenMsP95: number;
	readonly firstLineMsP50: number;
	readonly firstLineMsP95: number;
	readonly requests: number;
	readonly requestsAvoided: number;
	readonly reusedShare: number;
	readonly reusedShareWithinFile: number;
	readonly reusedShareOnReturn: number;
	/** Positions where a rule rejected the model's text, by rule. */
	readonly dropped: Readonly<Record<string, number>>;
}

type MakeSuggester = (clock: ReplayClock) => Suggester;

export async function benchCompletion({
	model,
	tracesFolder,
	tracesPerLanguage,
	typists,
	only,
	readingMs,
	orders,
}: CompletionBenchOptions): Promise<readonly CompletionRow[]> {
	const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-bench-"));
	const engine = new RealEngine();
	engine.modelFile = model;
	engine.latencyTargetMs = productLatencyTargetMs;
	const prefixFirst = new RealEngine();
	prefixFirst.modelFile = prefixFirstModel(model || builtInModel, folder);
	prefixFirst.latencyTargetMs = productLatencyTargetMs;
	const isSuffixFirst = prefixFirst.modelFile !== model;
	const all: Readonly<Record<string, readonly [RealEngine, MakeSuggester]>> = {
		headroom: [engine, (clock) => headroom(engine, clock)],
		headroomMore: [engine, (clock) => headroomMore(engine, clock)],
		headroomAtOnce: [engine, (clock) => headroomAtOnce(engine, clock)],
		headroomInPauses: [engine, (clock) => headroomInPauses(engine, clock)],
		noPrefixCache: [engine, (clock) => withoutPrefixCache(engine, clock)],
		llamaVscodePattern: [prefixFirst, () => llamaVscodePattern(prefixFirst)],
		...(isSuffixFirst && {
			llamaVscodePatternSuffixFirst: [engine, () => llamaVscodePattern(engine)],
		}),
		...(orders && {
			prefixFirstLineLast: [
				prefixFirst,
				(clock) => headroom(prefixFirst, clock),
			],
			prefixFirstPlain: [
				prefixFirst,
				(clock) => withLineInPrefix(prefixFirst, clock),
			],
			suffixFirstPlain: [engine, (clock) => withLineInPrefix(engine, clock)],
		}),
	};
	const unknown = only.find((name) => !all[name]);
	if (unknown !== undefined)
		throw new UserError(
			`There is no way to complete named "${unknown}" here; there are ${Object.keys(all).join(", ")}.`,
		);
	const wanted = Object.entries(all).filter(
		([name]) => only.length === 0 || only.includes(name),
	);
	try {
		const rows: CompletionRow[] = [];
		for (const typist of typists) {
			const traces = tracesFolder
				? readTraces(tracesFolder).map((it, index) =>
						typedBy(typist, it, index),
					)
				: makeTraces(tracesPerLanguage, typist);
			if (traces.length === 0)
				throw new UserError("There are no traces to replay.");
			console.error(`${typist}: ${describe(traces)}`);
			for (const [name, [used, suggester]] of wanted) {
				console.error(`replaying: ${name}`);
				// Alone: the threads of an engine that waits for work would take time from the other.
				await used.completeWhole({ prefixBlocks: ["a"], maxTokens: 1 });
				const clock = new ReplayClock();
				const before = cpuSeconds(used.pid);
				const figures = await replay(traces, suggester(clock), {
					clock,
					readingMs,
				});
				const after = cpuSeconds(used.pid);
				const seconds =
					before === undefined || after === undefined ? null : after - before;
				rows.push(row(typist, name, figures, seconds));
				await used.supervisor.stop();
			}
		}
		return rows;
	} finally {
		await engine.stop();
		await prefixFirst.stop();
		rmSync(folder, { recursive: true });
	}
}

/** The default of `headroom.completion.latencyTargetMs`: prompts are as long as in the editor. */
const productLatencyTargetMs = 300;

/** User and system time of a process so far, as Linux tells it; its clock ticks 100 times a second. */
function cpuSeconds(pid: number): number | undefined {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
		// The name in parentheses may hold spaces: fields count from behind it.
		const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
		return (Number(fields[11]) + Number(fields[12])) / 100;
	} catch {
		return undefined;
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

function row(
	typist: TypistName,
	name: string,
	it: ReplayFigures,
	cpuSeconds: number | null,
): CompletionRow {
	return {
		typist,
		name,
		inTime: ratio(it.shown, it.asked),
		shownPer100Keys: Math.round(1e3 * ratio(it.shown, it.keys)) / 10,
		acceptedOfShown: ratio(it.accepted, it.shown),
		suggestionsPer100Keys:
			Math.round(1e3 * ratio(it.suggestions, it.keys)) / 10,
		acceptedOfSuggestions: ratio(it.accepted, it.suggestions),
		unreadOfSuggestions: ratio(it.unread, it.suggestions),
		keptOfAccepted: ratio(it.keptCharacters, it.acceptedCharacters),
		charactersSavedPerKey: ratio(it.keptCharacters, it.keys),
		exactLineShare: ratio(it.exactLines, it.asked),
		evaluatedTokensPerKey: ratio(it.evaluatedTokens, it.keys),
		evaluatedTokensAtNewLineP50: percentile(
			[...it.tokensAtNewLines.values()],
			0.5,
		),
		evaluatedTokensAtNewLineP95: percentile(
			[...it.tokensAtNewLines.values()],
			0.95,
		),
		cpuSecondsPerKey: cpuSeconds === null ? null : ratio(cpuSeconds, it.keys),
		firstTokenMsP50: percentile(it.firstTokensMs, 0.5),
		firstTokenMsP95: percentile(it.firstTokensMs, 0.95),
		firstLineMsP50: percentile(it.firstLinesMs, 0.5),
		firstLineMsP95: percentile(it.firstLinesMs, 0.95),
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
