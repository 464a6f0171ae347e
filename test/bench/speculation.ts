/** `npm run bench -- speculation`: what drafts gain by where they come from, on four kinds of work, beside what perfect drafts would. */

import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { UserError } from "../../scripts/shell.ts";
import { assert } from "../../src/base/assert.ts";
import { nullLog } from "../../src/base/log.ts";
import {
	measureSpeed,
	measureVerifying,
	probeWindow,
} from "../../src/engine/measure/measureSpeed.ts";
import { verifySizes } from "../../src/engine/measure/verifyCosts.ts";
import { createLlamaRuntime } from "../../src/engine/runtime/llamaRuntime.ts";
import type {
	LoadedModel,
	Runtime,
	Sequence,
} from "../../src/engine/runtime/runtime.ts";
import { maxVerifiedTokens } from "../../src/memory/plan/planRequest.ts";
import { readModelFile } from "../../src/models/header/modelFile.ts";
import { errorText } from "../../src/protocol/errors.ts";
import { builtInModel } from "../support/models/realEngine.ts";
import { widenModel, wideShapes } from "../support/models/widenedModel.ts";
import {
	type CostOf,
	measureCosts,
	minMs,
	plainMs,
} from "./speculationCosts.ts";
import {
	type Answer,
	Lane,
	type LaneOptions,
	type Source,
	sources,
} from "./speculationLane.ts";
import { type Work, type WorkSize, worksFor } from "./speculationWorks.ts";

export interface SpeculationBenchOptions {
	/** Empty for the built-in model, and for what it would be with 0.5 and 1.5 billion parameters. */
	readonly target: string;
	/** Empty for the built-in draft. */
	readonly draft: string;
}

interface SpeculationRow {
	readonly target: string;
	readonly work: string;
	readonly source: Source;
	readonly tokensPerSecond: number;
	/** Of the tokens that were verified; null where none were. */
	readonly acceptanceRate: number | null;
	readonly tokensPerStep: number;
	readonly ratioToNone: number;
	/** The same with the time of each evaluation as it was measured beforehand: what other programs do is not in it. */
	readonly computedRatioToNone: number;
}

/** By target and work: perfect drafts, as a multiple of none. */
type SpeculationBound = Readonly<
	Record<string, Readonly<Record<string, number>>>
>;

export interface SpeculationFigures {
	readonly rows: readonly SpeculationRow[];
	readonly bound: SpeculationBound;
}

interface Target {
	readonly name: string;
	readonly file: string;
	readonly size: WorkSize;
	readonly rounds: number;
}

interface Sum {
	tokens: number;
	ms: number;
	computedMs: number;
	steps: number;
	draftedTokens: number;
	acceptedTokens: number;
}

/** What both models cost on this machine. */
interface Costs extends Pick<LaneOptions, "verifyMs" | "draftCosts"> {
	readonly costOf: CostOf;
}

const builtInDraft = path.join(
	path.dirname(builtInModel),
	"headroom-draft-1.6m-q8_0.gguf",
);
const contextWindow = 1024;
const batchTokens = 128;
/** As the product would take on a machine of two cores, where others work too. */
const threads = 1;

export async function benchSpeculation({
	target,
	draft,
}: SpeculationBenchOptions): Promise<SpeculationFigures> {
	const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-speculation-"));
	const runtime = await createLlamaRuntime({
		gpu: "off",
		threads,
		log: nullLog,
	});
	if (!runtime.ok) throw new UserError(errorText(runtime.error));
	const rows: SpeculationRow[] = [];
	const bound: Record<string, Readonly<Record<string, number>>> = {};
	return await withDisposal(runtime.value, async () => {
		const small = await load(runtime.value, draft || builtInDraft);
		for (const it of target ? [givenTarget(target)] : ownTargets(folder)) {
			const figures = await benchTarget(runtime.value, it, small);
			rows.push(...figures.rows);
			bound[it.name] = figures.bound;
		}
		return { rows, bound };
	}).finally(() => rmSync(folder, { recursive: true }));
}

/** What is promised and was not kept in these figures, as sentences. */
export function brokenPromises({
	rows,
	bound,
}: SpeculationFigures): readonly string[] {
	return rows
		.filter(({ source }) => source === "auto")
		.flatMap(({ target, work, ratioToNone }) => {
			const fixed = rows.filter(
				(it) =>
					it.target === target && it.work === work && it.source !== "auto",
			);
			const best = Math.max(...fixed.map((it) => it.ratioToNone));
			const perfect = bound[target]?.[work] ?? 0;
			const at = `${target}, ${work}: auto is ${ratioToNone} x none`;
			return [
				...(ratioToNone < 0.98 ? [`${at}, slower`] : []),
				...(ratioToNone < 0.95 * best ? [`${at}, the best is ${best}`] : []),
				...(work === "rewrite" && ratioToNone < 0.8 * perfect
					? [`${at}, perfect drafts ${perfect}`]
					: []),
			];
		});
}

function givenTarget(file: string): Target {
	return {
		name: path.basename(file, ".gguf"),
		file,
		size: { tasks: 6, answerTokens: 96, rewrites: 2 },
		rounds: 1,
	};
}

/** The larger, the less: each takes some minutes. */
function ownTargets(folder: string): readonly Target[] {
	const widened = (name: keyof typeof wideShapes): string => {
		const file = path.join(folder, `${name}.gguf`);
		widenModel(builtInModel, file, wideShapes[name]);
		return file;
	};
	return [
		{
			name: "7M",
			file: builtInModel,
			size: { tasks: 12, answerTokens: 96, rewrites: 4 },
			rounds: 3,
		},
		{
			name: "0.5B",
			file: widened("0.5B"),
			size: { tasks: 4, answerTokens: 64, rewrites: 2 },
			rounds: 1,
		},
		{
			name: "1.5B",
			file: widened("1.5B"),
			size: { tasks: 2, answerTokens: 48, rewrites: 1 },
			rounds: 1,
		},
	];
}

async function benchTarget(
	runtime: Runtime,
	{ name, file, size, rounds }: Target,
	draft: LoadedModel,
): Promise<{
	readonly rows: readonly SpeculationRow[];
	readonly bound: Readonly<Record<string, number>>;
}> {
	const model = await load(runtime, file);
	return await withDisposal(model, async () => {
		const costs = await measuredCosts(model, draft);
		console.error(`${name}: ${describe(costs)}`);
		const lanes: Lane[] = [];
		for (const source of Object.keys(sources) as Source[])
			lanes.push(
				new Lane({
					source,
					model,
					target: await warm(await sequenceOf(model, contextWindow)),
					draft: await warm(await sequenceOf(draft, contextWindow)),
					...costs,
				}),
			);
		const rows: SpeculationRow[] = [];
		const bound: Record<string, number> = {};
		for (const work of worksFor(model, size)) {
			console.error(`${name}: ${work.name}`);
			const { sums, bound: perfect } = await run(lanes, work, rounds, costs);
			bound[work.name] = perfect;
			console.error(`${name}: ${work.name}: perfect ${perfect}`);
			for (const [source, sum] of sums) {
				const made = row({ target: name, work: work.name, source }, sum, sums);
				// A run that is stopped has said what it found.
				console.error(JSON.stringify(made));
				rows.push(made);
			}
		}
		return { rows, bound };
	});
}

/**
 * Disposes of the resource after the work. Where the work failed, it does not wait for that: with evaluations under way the library's
 * disposal may never settle, and the error would never be seen.
 */
async function withDisposal<T>(
	resource: { dispose(): Promise<void> },
	work: () => Promise<T>,
): Promise<T> {
	let result: T;
	try {
		result = await work();
	} catch (thrown) {
		resource.dispose().catch(() => {});
		throw thrown;
	}
	await resource.dispose();
	return result;
}

/** All lanes take the same tasks, one after the other, and each begins as often as the others. */
async function run(
	lanes: readonly Lane[],
	{ name, kind, tasks }: Work,
	rounds: number,
	costs: Costs,
): Promise<{
	readonly sums: ReadonlyMap<Source, Sum>;
	readonly bound: number;
}> {
	const sums = new Map(lanes.map(({ source }) => [source, emptySum()]));
	let ofPlain = 0;
	let ofPerfect = 0;
	for (let round = 0; round < rounds; round++) {
		for (const lane of lanes) await lane.forget();
		for (const [index, task] of tasks.entries()) {
			const said = new Map<Source, string>();
			const first = (index + round) % lanes.length;
			for (const lane of [...lanes.slice(first), ...lanes.slice(0, first)]) {
				const answer = await lane.answer(task, kind);
				add(sums.get(lane.source), answer, costs);
				said.set(lane.source, answer.tokens.join());
				if (lane.source !== "none") continue;
				const lengths = [task.prompt.length, answer.tokens.length] as const;
				ofPlain += plainMs(...lengths, costs.costOf);
				ofPerfect += minMs(...lengths, costs.costOf);
			}
			for (const [source, text] of said)
				if (text !== said.get("none"))
					throw new Error(
						`with ${source}, task ${index} of "${name}" has another text`,
					);
		}
	}
	return { sums, bound: rounded(ofPlain / ofPerfect) };
}

function emptySum(): Sum {
	return {
		tokens: 0,
		ms: 0,
		computedMs: 0,
		steps: 0,
		draftedTokens: 0,
		acceptedTokens: 0,
	};
}

function add(
	sum: Sum | undefined,
	{ tokens, ms, steps, draftedTokens, acceptedTokens, target, draft }: Answer,
	{ costOf, draftCosts: { tokenMs, readMs } }: Costs,
): void {
	assert(sum, "a sum for each lane");
	sum.tokens += tokens.length;
	sum.ms += ms;
	// What the draft reads together with the last token of the text is read in the time of that token.
	for (const it of target.evaluations) sum.computedMs += costOf(it);
	for (const it of draft.evaluations)
		sum.computedMs += tokenMs + (it.tokens - 1) * readMs;
	sum.computedMs += draft.readTokens * readMs;
	sum.steps += steps;
	sum.draftedTokens += draftedTokens;
	sum.acceptedTokens += acceptedTokens;
}

function row(
	of: Pick<SpeculationRow, "target" | "work" | "source">,
	sum: Sum,
	sums: ReadonlyMap<Source, Sum>,
): SpeculationRow {
	const none = sums.get("none");
	assert(none, "a lane without drafts");
	return {
		...of,
		tokensPerSecond: rounded((1000 * sum.tokens) / sum.ms),
		acceptanceRate:
			sum.draftedTokens > 0
				? rounded(sum.acceptedTokens / sum.draftedTokens)
				: null,
		tokensPerStep: rounded(sum.tokens / sum.steps),
		ratioToNone: rounded(none.ms / sum.ms),
		computedRatioToNone: rounded(none.computedMs / sum.computedMs),
	};
}

async function load(runtime: Runtime, file: string): Promise<LoadedModel> {
	const read = readModelFile(file);
	if (!read.ok) throw new UserError(errorText(read.error));
	const model = await runtime.loadModel({
		description: read.value.description,
		mapsFile: false,
		onProgress: () => {},
	});
	if (!model.ok) throw new UserError(errorText(model.error));
	return model.value;
}

async function sequenceOf(
	model: LoadedModel,
	window: number,
): Promise<Sequence> {
	const sequences = await model.createSequences({
		count: 1,
		contextWindow: window,
		batchTokens,
		kvType: "f16",
	});
	if (!sequences.ok) throw new UserError(errorText(sequences.error));
	const [sequence] = sequences.value.all;
	assert(sequence, "the one that was asked for");
	return sequence;
}

/** The first evaluations make buffers. */
async function warm(sequence: Sequence): Promise<Sequence> {
	const tokens = Array.from({ length: maxVerifiedTokens }, (_, i) => i + 100);
	await sequence.evaluate(tokens, tokens.length);
	await sequence.truncate(0);
	return sequence;
}

/** As a load measures them, and once more with care. */
async function measuredCosts(
	model: LoadedModel,
	draft: LoadedModel,
): Promise<Costs> {
	const now = () => performance.now();
	const text = model.tokenize(
		"for (const item of list) total += item.price;\n",
	);
	const own = await sequenceOf(model, contextWindow);
	const { depthTokens } = await measureSpeed(own, text, batchTokens, now);
	const verifyMs = await measureVerifying(own, depthTokens, text, now);
	await own.truncate(0);
	const costOf = await measureCosts(own, text);
	const small = await sequenceOf(draft, probeWindow(batchTokens));
	const { decodeTokensPerSecond, prefillTokensPerSecond } = await measureSpeed(
		small,
		text,
		batchTokens,
		now,
	);
	const draftCosts = {
		tokenMs: 1000 / decodeTokensPerSecond,
		readMs: 1000 / prefillTokensPerSecond,
	};
	return { verifyMs, draftCosts, costOf };
}

function describe({ costOf, verifyMs, draftCosts }: Costs): string {
	const at = (depth: number) =>
		verifySizes
			.map((tokens) => `${tokens}: ${rounded(costOf({ tokens, depth }))}`)
			.join(", ");
	const atLoad = [...verifyMs]
		.map(([size, ms]) => `${size}: ${rounded(ms)}`)
		.join(", ");
	return `ms to verify ${at(0)}; behind 768 tokens ${at(768)}; at load ${atLoad}; a token of the draft ${rounded(draftCosts.tokenMs)}`;
}

function rounded(value: number): number {
	return Math.round(value * 1000) / 1000;
}
