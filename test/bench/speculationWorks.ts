/** The four kinds of work that speculation is measured on, made of this repository's own files. */

import { readFileSync } from "node:fs";
import path from "node:path";
import { assert } from "../../src/base/assert.ts";
import type { AnswerStart } from "../../src/engine/decode/generate.ts";
import { VocabularyIndex } from "../../src/engine/decode/vocabularyIndex.ts";
import { fimPrompt } from "../../src/engine/fim/fimPrompt.ts";
import type {
	LoadedModel,
	Sampling,
	Token,
} from "../../src/engine/runtime/runtime.ts";
import type { WorkKind } from "../../src/protocol/generation.ts";
import { emptyRequest } from "../support/fakes/fakeEngine.ts";
import { root } from "../support/models/realEngine.ts";

export interface Task {
	readonly prompt: readonly Token[];
	readonly maxTokens: number;
	readonly start?: AnswerStart;
	/** Greedy where there is none. */
	readonly sampling?: Sampling;
	/** What the model says; what it says by itself where there is none. */
	readonly dictated?: readonly Token[];
}

export interface Work {
	readonly name: string;
	readonly kind: WorkKind;
	readonly tasks: readonly Task[];
}

/** How many tasks of each work, and of how many tokens. */
export interface WorkSize {
	readonly tasks: number;
	readonly answerTokens: number;
	readonly rewrites: number;
}

/** A place in a file: where so much of its lines is over. */
type Place = readonly [file: string, share: number];

const newCode: readonly Place[] = [
	["src/memory/report/gauge.ts", 0.5],
	["src/memory/plan/plan.ts", 0.6],
	["src/client/supervisor.ts", 0.5],
	["src/engine/schedule/scheduler.ts", 0.5],
	["src/completion/session/completionSession.ts", 0.5],
	["src/engine/engine.ts", 0.45],
	["src/engine/kv/kvCache.ts", 0.5],
	["src/engine/fim/fimPrompt.ts", 0.7],
	["src/storage/recordStore.ts", 0.5],
	["src/vscode/status/engineStatusItem.ts", 0.5],
	["src/completion/text/documentContext.ts", 0.5],
	["src/models/download/download.ts", 0.4],
];

const repetitive: readonly Place[] = [
	["test/unit/memory/report/gauge.test.ts", 0.6],
	["src/protocol/errors.ts", 0.3],
	["test/support/models/publishedModels.ts", 0.5],
	["test/unit/completion/filters/filters.test.ts", 0.5],
	["package.nls.json", 0.4],
	["test/unit/memory/plan/choosePlan.test.ts", 0.6],
];

const prose: readonly Place[] = [
	["CONTRIBUTING.md", 0.8],
	["docs/engine.md", 0.6],
	["docs/completion-benchmark.md", 0.5],
	["docs/completion.md", 0.4],
	["README.md", 0.3],
	["README.md", 0.7],
];

const rewrites: readonly (readonly [
	file: string,
	before: string,
	after: string,
])[] = [
	[
		"src/base/lruCache.ts",
		"this.#entries.size <= this.capacity",
		"this.#entries.size <= this.limit",
	],
	["src/base/units.ts", "value < 1023.95", "value < 1023.5"],
	[
		"src/base/sentence.ts",
		"export function inEnglish(",
		"export function toEnglish(",
	],
	[
		"src/base/event.ts",
		"const entry = (value: T) => listener(value);",
		"const entry = (value: T) => void listener(value);",
	],
];

/** Lines taken out behind the place: the code that is to be written. */
const gapLines = 10;
/** As much as a slow machine reads (`promptBudget.ts`). */
const budget = { localTokens: 256, contextTokens: 0, typedTokens: 256 };
/** Asked greedily, the built-in model says one sentence again and again, and lookup would look better than it is. */
const proseSampling = { temperature: 0.8, topK: 40, topP: 0.95 };

export function worksFor(
	model: LoadedModel,
	{ tasks, answerTokens, rewrites: rewriteCount }: WorkSize,
): readonly Work[] {
	const vocabulary = VocabularyIndex.of(model);
	const complete = (place: Place, gapLines: number): Task => ({
		...completion(place, gapLines, model, vocabulary),
		maxTokens: answerTokens,
	});
	return [
		{
			name: "new code",
			kind: "block",
			tasks: newCode.slice(0, tasks).map((place) => complete(place, gapLines)),
		},
		{
			name: "repetitive code",
			kind: "block",
			tasks: repetitive
				.slice(0, tasks)
				.map((place) => complete(place, Number.POSITIVE_INFINITY)),
		},
		{
			name: "rewrite",
			kind: "edit",
			tasks: rewrites.slice(0, rewriteCount).map((it) => rewrite(it, model)),
		},
		{
			name: "prose",
			kind: "chat",
			tasks: prose.slice(0, tasks).map((place, seed) => ({
				prompt: model
					.tokenize(linesAt(place).before.join(""))
					.slice(-budget.localTokens),
				maxTokens: answerTokens,
				sampling: { ...proseSampling, seed },
			})),
		},
	];
}

/** As the product asks for it. */
function completion(
	place: Place,
	gapLines: number,
	model: LoadedModel,
	vocabulary: VocabularyIndex,
): Pick<Task, "prompt" | "start"> {
	const { before, after } = linesAt(place);
	const line = /^\s*/.exec(after[0] ?? "")?.[0].replace("\n", "") ?? "";
	assert(model.fimTokens, "a model that fills in the middle");
	const { tokens, heldBack } = fimPrompt(
		{
			...emptyRequest,
			path: place[0],
			prefixBlocks: before,
			typed: line,
			suffix: `\n${after.slice(gapLines).join("")}`,
		},
		{
			tokens: model.fimTokens,
			order: model.description.fimOrder,
			beginningOfText: model.beginningOfText,
			tokenize: (text) => model.tokenize(text),
			detokenize: (them, those) => model.detokenize(them, those),
			canBegin: (text) => vocabulary.canBegin(text),
		},
		budget,
	);
	return {
		prompt: tokens,
		start: {
			heldBack,
			rank: 0,
			isText: false,
			vocabulary,
			textOf: (token) => model.detokenize([token], tokens.slice(-1)),
		},
	};
}

/** The file stands in the prompt, and the answer is all of it with one line changed. */
function rewrite(
	[file, before, after]: (typeof rewrites)[number],
	model: LoadedModel,
): Task {
	const text = read(file);
	assert(text.split(before).length === 2, `${file} has "${before}" once`);
	const prompt = model.tokenize(
		`Change one line of ${file}:\n\n\`\`\`ts\n${text}\`\`\`\n\nHere it is:\n\n\`\`\`ts\n`,
	);
	const answer = model.tokenize(text.replace(before, after));
	return {
		prompt,
		maxTokens: answer.length,
		dictated: [...prompt, ...answer],
	};
}

function linesAt([file, share]: Place): {
	readonly before: readonly string[];
	readonly after: readonly string[];
} {
	const lines = read(file).split(/(?<=\n)/);
	const at = Math.floor(lines.length * share);
	return { before: lines.slice(0, at), after: lines.slice(at) };
}

function read(file: string): string {
	return readFileSync(path.join(root, file), "utf8");
}
