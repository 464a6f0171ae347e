/**
 * `npm run bench -- infill`: how often what the extension suggests in a gap of HumanEval passes the tests, beside the model alone with the
 * same prefix and suffix; and places in real sources by exact line and edit similarity.
 */

import { UserError } from "../../../scripts/shell.ts";
import type { Piece } from "../../../src/completion/confidence/pieces.ts";
import { getCompletion } from "../../../src/completion/request/getCompletion.ts";
import { noContext } from "../../../src/completion/request/promptContext.ts";
import type { SyntaxPort } from "../../../src/completion/syntax/syntaxPort.ts";
import type { DocumentSnapshot } from "../../../src/completion/text/documentContext.ts";
import { emptyRequest } from "../../support/fakes/fakeEngine.ts";
import { loadedSyntax } from "../../support/loadedSyntax.ts";
import { RealEngine } from "../../support/models/realEngine.ts";
import { seededRandom } from "../../support/seededRandom.ts";
import {
	type CalibrationRow,
	type ConfidenceRow,
	calibrationRows,
	confidenceRows,
	type KnownAnswer,
} from "./confidence.ts";
import {
	type InfillTask,
	multiLineTasks,
	passes,
	singleLineTasks,
} from "./humanEval.ts";
import { placeLanguages, sourcePlaces } from "./sourcePlaces.ts";

export interface InfillBenchOptions {
	/** Empty for the built-in model. */
	readonly model: string;
	/** Single-line tasks; a quarter as many multi-line ones. */
	readonly tasks: number;
}

interface InfillRow {
	readonly work: "single line" | "multi-line";
	readonly way: string;
	readonly tasks: number;
	readonly passed: number;
	readonly passRate: number;
	/** Half the width of its 95 % interval (normal approximation). */
	readonly plusMinus: number;
	/** Tasks with no text at all. */
	readonly blank: number;
}

interface SimilarityRow {
	readonly language: string;
	readonly way: string;
	readonly places: number;
	readonly exactLines: number;
	readonly exactShare: number;
	/** 1 less the edit distance over the longer length, of the rest of the line; mean over places, 0 if nothing is suggested. */
	readonly editSimilarity: number;
}

export interface InfillFigures {
	readonly rows: readonly InfillRow[];
	readonly similarity: readonly SimilarityRow[];
	/** Of single lines and of the places in real sources. */
	readonly confidence: readonly ConfidenceRow[];
	readonly calibration: readonly CalibrationRow[];
	/** Why there was no suggestion, by reason. */
	readonly blankReasons: Readonly<Record<string, number>>;
}

const wholePromptMs = 60_000;

export async function benchInfill({
	model,
	tasks,
}: InfillBenchOptions): Promise<InfillFigures> {
	if (!Number.isInteger(tasks) || tasks < 1)
		throw new UserError("--tasks is a whole number above 0.");
	const single = sample(singleLineTasks(), tasks);
	const multi = sample(multiLineTasks(2), Math.max(1, Math.round(tasks / 4)));
	const engine = new RealEngine();
	const syntax = await loadedSyntax("python", "typescript");
	engine.modelFile = model;
	// Passing or not must not depend on how busy the machine is: no prompt is cut for want of speed.
	engine.latencyTargetMs = wholePromptMs;
	const blankReasons = new Map<string, number>();
	const known: KnownAnswer[] = [];
	try {
		const rows: InfillRow[] = [];
		for (const [work, them] of [
			["single line", single],
			["multi-line", multi],
		] as const) {
			const tally = new Map<string, { passed: number; blank: number }>();
			for (const [index, task] of them.entries()) {
				// Else no answer could, and the rates would say nothing.
				if (!passes(task, task.middle))
					throw new Error(
						`the known solution of ${task.name} does not pass its tests here`,
					);
				const suggestion = await suggested(
					engine,
					syntax,
					snapshotOf(task),
					(reason) =>
						blankReasons.set(reason, (blankReasons.get(reason) ?? 0) + 1),
				);
				if (work === "single line")
					known.push({
						work: "HumanEval lines",
						pieces: suggestion.pieces,
						right: task.middle,
					});
				const answers = await answersFor(engine, task, work, suggestion.text);
				for (const [way, text] of Object.entries(answers)) {
					const sum = tally.get(way) ?? { passed: 0, blank: 0 };
					tally.set(way, sum);
					if (text.trim() === "") sum.blank++;
					if (passes(task, text)) sum.passed++;
				}
				if (index === 0)
					console.error(
						engine.lines.find((it) => it.includes("prompts have up to")),
					);
				if ((index + 1) % 20 === 0)
					console.error(
						`${work}: ${index + 1} of ${them.length}; passed: ${[...tally].map(([way, { passed }]) => `${way} ${passed}`).join(", ")}`,
					);
			}
			for (const [way, { passed, blank }] of tally) {
				const rate = passed / them.length;
				rows.push({
					work,
					way,
					tasks: them.length,
					passed,
					passRate: rounded(rate),
					plusMinus: rounded(
						1.96 * Math.sqrt((rate * (1 - rate)) / them.length),
					),
					blank,
				});
			}
		}
		const similarity = await similarityRows(
			engine,
			syntax,
			Math.ceil(tasks / 4),
			known,
		);
		return {
			rows,
			similarity,
			confidence: confidenceRows(known),
			calibration: calibrationRows(known),
			blankReasons: Object.fromEntries(blankReasons),
		};
	} finally {
		syntax.dispose();
		await engine.stop();
	}
}

/** What each way puts into the gap. Of a gap of one line, only the first line counts. */
async function answersFor(
	engine: RealEngine,
	task: InfillTask,
	work: InfillRow["work"],
	suggestion: string,
): Promise<Readonly<Record<string, string>>> {
	const bare = await modelAlone(engine, task.prefix, task.suffix, work);
	return work === "single line"
		? {
				headroom: firstLine(suggestion),
				"the model's first line": firstLine(bare),
			}
		: { headroom: suggestion, "the model's whole answer": bare };
}

async function suggested(
	engine: RealEngine,
	syntax: SyntaxPort,
	snapshot: DocumentSnapshot,
	onNone: (reason: string) => void,
): Promise<{ readonly text: string; readonly pieces: readonly Piece[] }> {
	const result = await getCompletion(snapshot, engine.client, {
		signal: new AbortController().signal,
		contextProvider: noContext,
		syntax,
	});
	if (result.kind === "suggestion") return result;
	const { reason } = result;
	if (reason.kind === "failed") throw new Error(JSON.stringify(reason.error));
	onNone(reason.kind === "filtered" ? reason.filter : reason.kind);
	return { text: "", pieces: [] };
}

/** As llama-server's `/infill`: prefix, suffix and the middle token, greedily to the end of the text or 128 tokens, or to the end of a line. */
async function modelAlone(
	engine: RealEngine,
	prefix: string,
	suffix: string,
	work: InfillRow["work"],
): Promise<string> {
	const isLine = work === "single line";
	const enough = new AbortController();
	const { chunks } = engine.complete(
		{
			...emptyRequest,
			path: "",
			prefixBlocks: [prefix],
			suffix,
			maxTokens: 128,
			kind: isLine ? "line" : "block",
		},
		enough.signal,
	);
	let text = "";
	let next = await chunks.next();
	for (; !next.done; next = await chunks.next()) {
		text += next.value.text;
		if (isLine && text.includes("\n")) enough.abort();
	}
	if (next.value.kind === "failed")
		throw new Error(JSON.stringify(next.value.error));
	return text;
}

function snapshotOf({ prefix, suffix }: InfillTask): DocumentSnapshot {
	return {
		uri: "file:///solution.py",
		path: "solution.py",
		languageId: "python",
		indentation: { insertSpaces: true, tabSize: 4 },
		version: 1,
		text: prefix + suffix,
		offset: prefix.length,
	};
}

/** The rest of a line in real sources. */
async function similarityRows(
	engine: RealEngine,
	syntax: SyntaxPort,
	perLanguage: number,
	known: KnownAnswer[],
): Promise<SimilarityRow[]> {
	const rows: SimilarityRow[] = [];
	for (const language of placeLanguages) {
		const places = sourcePlaces(language, perLanguage);
		const ways = new Map<string, { exact: number; similarity: number }>();
		for (const { snapshot, right } of places) {
			const { text, offset } = snapshot;
			const suggestion = await suggested(engine, syntax, snapshot, () => {});
			known.push({ work: language, pieces: suggestion.pieces, right });
			const answers = {
				headroom: suggestion.text,
				"the model's first line": await modelAlone(
					engine,
					text.slice(0, offset),
					text.slice(offset),
					"single line",
				),
			};
			for (const [way, answer] of Object.entries(answers)) {
				const sum = ways.get(way) ?? { exact: 0, similarity: 0 };
				ways.set(way, sum);
				const got = firstLine(answer);
				if (got.trimEnd() === right.trimEnd()) sum.exact++;
				sum.similarity += similarity(got.trimEnd(), right.trimEnd());
			}
		}
		for (const [way, sum] of ways)
			rows.push({
				language,
				way,
				places: places.length,
				exactLines: sum.exact,
				exactShare: rounded(sum.exact / places.length),
				editSimilarity: rounded(sum.similarity / places.length),
			});
	}
	return rows;
}

function similarity(one: string, other: string): number {
	const longer = Math.max(one.length, other.length);
	return longer === 0 ? 1 : 1 - editDistance(one, other) / longer;
}

/** Levenshtein 1966, with one row at a time. */
function editDistance(one: string, other: string): number {
	let row = [...Array(other.length + 1).keys()];
	for (let i = 1; i <= one.length; i++) {
		const next = [i];
		for (let j = 1; j <= other.length; j++)
			next.push(
				Math.min(
					(row[j] ?? 0) + 1,
					(next[j - 1] ?? 0) + 1,
					(row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1),
				),
			);
		row = next;
	}
	return row.at(-1) ?? 0;
}

function firstLine(text: string): string {
	return text.split("\n", 1)[0] ?? "";
}

/** The same tasks in every run. */
function sample<T>(all: readonly T[], count: number): T[] {
	const random = seededRandom(7);
	return all
		.map((it) => ({ it, order: random() }))
		.sort((a, b) => a.order - b.order)
		.slice(0, count)
		.map(({ it }) => it);
}

function rounded(value: number): number {
	return Math.round(value * 1000) / 1000;
}
