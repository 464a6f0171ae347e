/**
 * `npm run bench -- context`: what snippets from other files are worth, at places where a line uses a name that another file of the project
 * defines. The rest of the line, with and without them, by exact line and edit similarity.
 */

import { UserError } from "../../../scripts/shell.ts";
import { RepositoryContext } from "../../../src/completion/context/repositoryContext.ts";
import { evaluatePrompt } from "../../../src/completion/request/evaluatePrompt.ts";
import { getCompletion } from "../../../src/completion/request/getCompletion.ts";
import {
	noContext,
	type PromptContextProvider,
} from "../../../src/completion/request/promptContext.ts";
import type { DocumentSnapshot } from "../../../src/completion/text/documentContext.ts";
import { editDistance } from "../../../src/completion/text/similarity.ts";
import type { Snippet } from "../../../src/protocol/generation.ts";
import { linesOf } from "../../../src/workspace/regions.ts";
import { RealEngine } from "../../support/models/realEngine.ts";
import {
	type CrossFilePlace,
	crossFilePlaces,
	endOfImports,
} from "./crossFilePlaces.ts";
import { storeAt } from "./repositoryStore.ts";

export interface ContextBenchOptions {
	/** Empty for the built-in model; undefined for no model: then only what the snippets hold is told. */
	readonly model: string | undefined;
	readonly places: number;
	/** Parts of the names of the ways to measure; all of them where there is none. */
	readonly only: readonly string[];
}

export interface ContextRow {
	readonly way: string;
	readonly language: string;
	readonly places: number;
	/** Places whose snippets hold the definition of the name that the line needs. */
	readonly definitionsInPrompt: number;
	readonly exactLines: number;
	/** 1 less the edit distance over the longer length, of the rest of the line; mean over places, 0 if nothing is suggested. */
	readonly editSimilarity: number;
	/** Suggestions that have the name, of the places where it is to come. */
	readonly nameSuggested: number;
}

interface Way {
	readonly name: string;
	readonly budgetTokens: number;
	/** Whether a language server finds definitions. */
	readonly looksUp: boolean;
}

const ways: readonly Way[] = [
	{ name: "this file alone", budgetTokens: 0, looksUp: false },
	{ name: "open tabs, 1,024 tokens", budgetTokens: 1024, looksUp: false },
	{ name: "and definitions, 512 tokens", budgetTokens: 512, looksUp: true },
	{ name: "and definitions, 1,024 tokens", budgetTokens: 1024, looksUp: true },
	{ name: "and definitions, 2,048 tokens", budgetTokens: 2048, looksUp: true },
];

interface Answer {
	readonly way: string;
	readonly language: string;
	readonly hasDefinition: boolean;
	readonly isExact: boolean;
	readonly similarity: number;
	readonly suggestsName: boolean;
}

export async function benchContext({
	model,
	places: count,
	only,
}: ContextBenchOptions): Promise<ContextRow[]> {
	if (!Number.isInteger(count) || count < 3)
		throw new UserError("--places is a whole number above 2.");
	const places = crossFilePlaces(count).map(windowOf);
	const measured = ways.filter(
		({ name }) => only.length === 0 || only.some((part) => name.includes(part)),
	);
	if (measured.length === 0)
		throw new UserError(
			`--with is part of one of: ${ways.map(({ name }) => name).join("; ")}.`,
		);
	const engine = model === undefined ? undefined : new RealEngine();
	if (engine) {
		engine.modelFile = model ?? "";
		// The budget is what is compared: whatever this machine can evaluate in time, the prompt has room for it.
		engine.latencyTargetMs = 120_000;
	}
	const answers: Answer[] = [];
	try {
		for (const [index, place] of places.entries()) {
			for (const way of measured)
				answers.push(await answerAt(place, way, engine));
			if ((index + 1) % 10 === 0)
				console.error(`${index + 1} of ${places.length}`);
		}
	} finally {
		await engine?.stop();
	}
	return rowsOf(answers);
}

/** Of a long file, what a prompt of about 700 tokens holds beside its imports: the whole would cost more than the snippets. */
const charsBefore = 1500;
const charsAfter = 400;

function windowOf(place: CrossFilePlace): CrossFilePlace {
	const { text, offset } = place;
	const importsEnd = endOfImports(text);
	const from = text.indexOf("\n", offset - charsBefore) + 1;
	const isShort = offset - charsBefore <= importsEnd || from > offset;
	const before = isShort
		? text.slice(0, offset)
		: text.slice(0, importsEnd) + text.slice(from, offset);
	const after = text.slice(offset, offset + charsAfter);
	return { ...place, text: before + after, offset: before.length };
}

async function answerAt(
	place: CrossFilePlace,
	{ name: way, budgetTokens, looksUp }: Way,
	engine: RealEngine | undefined,
): Promise<Answer> {
	const { file, text, offset, right, name, project } = place;
	const snapshot: DocumentSnapshot = {
		uri: `file:///${file.path}`,
		path: file.path,
		languageId: project.languageId,
		indentation: {
			insertSpaces: !/^\t/m.test(text),
			tabSize: project.languageId === "javascript" ? 2 : 4,
		},
		version: 1,
		text,
		offset,
	};
	const contextProvider =
		budgetTokens === 0
			? noContext
			: new RepositoryContext({
					store: storeAt(place, looksUp),
					repositoryOf: () => "",
					budgetTokens: () => budgetTokens,
				});
	const snippets = contextProvider.propose(snapshot).snippets;
	const line = await restOfLine(snapshot, contextProvider, engine);
	const longer = Math.max(line.length, right.trimEnd().length);
	return {
		way,
		language: project.languageId,
		hasDefinition: snippets.some((it) => holdsDefinition(it, place)),
		isExact: line === right.trimEnd(),
		similarity:
			1 - editDistance([...line], [...right.trimEnd()]) / Math.max(1, longer),
		suggestsName: wordIn(line, name),
	};
}

async function restOfLine(
	snapshot: DocumentSnapshot,
	contextProvider: PromptContextProvider,
	engine: RealEngine | undefined,
): Promise<string> {
	if (!engine) return "";
	const { signal } = new AbortController();
	// As in a pause: snippets are used once they are evaluated.
	await evaluatePrompt(snapshot, engine.client, contextProvider, signal);
	const result = await getCompletion(snapshot, engine.client, {
		signal,
		contextProvider,
	});
	if (result.kind === "suggestion")
		return (result.text.split("\n", 1)[0] ?? "").trimEnd();
	if (result.reason.kind === "failed")
		throw new Error(JSON.stringify(result.reason.error));
	return "";
}

function holdsDefinition(
	{ path, text }: Snippet,
	{ project, name }: CrossFilePlace,
): boolean {
	const definition = project.definitions.get(name);
	if (definition?.file.path !== path) return false;
	const line = linesOf(definition.file.text)[definition.line];
	return line !== undefined && linesOf(text).includes(line);
}

function wordIn(text: string, name: string): boolean {
	return text.split(/[^\p{L}\p{N}_$]+/u).includes(name);
}

function rowsOf(answers: readonly Answer[]): ContextRow[] {
	const languages = ["all", ...new Set(answers.map((it) => it.language))];
	return [...new Set(answers.map((it) => it.way))].flatMap((way) =>
		languages.map((language) => {
			const them = answers.filter(
				(it) =>
					it.way === way && (language === "all" || it.language === language),
			);
			const share = (sum: number): number =>
				Math.round((1000 * sum) / them.length) / 1000;
			return {
				way,
				language,
				places: them.length,
				definitionsInPrompt: them.filter((it) => it.hasDefinition).length,
				exactLines: them.filter((it) => it.isExact).length,
				editSimilarity: share(them.reduce((sum, it) => sum + it.similarity, 0)),
				nameSuggested: them.filter((it) => it.suggestsName).length,
			};
		}),
	);
}
