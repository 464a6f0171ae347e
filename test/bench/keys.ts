/** `npm run bench -- keys`: how long a key holds up the extension host in a long file, piece by piece. */

import { ContextStore } from "../../src/completion/context/contextStore.ts";
import { RepositoryContext } from "../../src/completion/context/repositoryContext.ts";
import { editOf } from "../../src/completion/manners/edits.ts";
import { Manners } from "../../src/completion/manners/manners.ts";
import { streamCompletion } from "../../src/completion/request/getCompletion.ts";
import { AnswerCache } from "../../src/completion/session/answerCache.ts";
import { typedSince } from "../../src/completion/session/typedSince.ts";
import type { CursorSyntax } from "../../src/completion/syntax/cursorSyntax.ts";
import { syntaxAt } from "../../src/completion/syntax/syntaxAt.ts";
import type { SyntaxPort } from "../../src/completion/syntax/syntaxPort.ts";
import {
	type DocumentSnapshot,
	documentContext,
} from "../../src/completion/text/documentContext.ts";
import { linesOf, regionAround } from "../../src/workspace/regions.ts";
import { FakeEngine } from "../support/fakes/fakeEngine.ts";
import { loadedSyntax } from "../support/loadedSyntax.ts";

export interface KeysRow {
	readonly piece: string;
	/** When it happens. */
	readonly when: string;
	/** The fastest of several, by number of lines. */
	readonly ms: Readonly<Record<string, number>>;
}

const lineCounts = [5000, 20_000];
const repetitions = 15;

/** Lines of code of the usual length, no two alike. */
function manyLines(count: number): string[] {
	return Array.from({ length: count }, (_, index) => {
		const name = `value${index}`;
		return (
			[
				"",
				`export function read${index}(input: readonly string[]): number {`,
				`	const ${name} = input.filter((it) => it.length > ${index});`,
				`	return ${name}.reduce((sum, it) => sum + it.length, ${index});`,
				"}",
			][index % 5] ?? ""
		);
	});
}

class Place {
	readonly path = "src/long.ts";
	readonly #lines: string[];
	readonly #line: number;
	#version = 1;

	constructor(lineCount: number) {
		this.#lines = manyLines(lineCount);
		this.#line = Math.floor(lineCount / 10) * 5 + 2;
	}

	get lines(): readonly string[] {
		return this.#lines;
	}

	get line(): number {
		return this.#line;
	}

	/** As the editor does: the lines are joined anew after each key. */
	text(): string {
		return this.#lines.join("\n");
	}

	/** A key at the end of the line. */
	key(): void {
		this.#lines[this.#line] += "x";
		this.#version++;
	}

	snapshot(): DocumentSnapshot {
		const before = this.#lines.slice(0, this.#line + 1).join("\n");
		return {
			uri: "file:///src/long.ts",
			path: this.path,
			languageId: "typescript",
			indentation: { insertSpaces: false, tabSize: 4 },
			version: this.#version,
			text: flat(this.text()),
			offset: before.length,
		};
	}
}

/** Without the pieces that the engine keeps of a text that was joined. */
function flat(text: string): string {
	text.charCodeAt(0);
	return text;
}

function syntaxIn(place: Place, port: SyntaxPort): CursorSyntax {
	const snapshot = place.snapshot();
	return syntaxAt(port, snapshot.languageId, documentContext(snapshot));
}

interface Piece {
	readonly piece: string;
	readonly when: string;
	/** What is not measured; then what is. */
	readonly prepare: (place: Place, syntax: SyntaxPort) => () => unknown;
}

const pieces: readonly Piece[] = [
	{
		piece: "read the document's text",
		when: "key",
		prepare: (place) => () => flat(place.text()),
	},
	{
		piece: "recognize the edit, and judge a suggestion",
		when: "key",
		prepare: (place) => {
			const manners = new Manners();
			const { uri } = place.snapshot();
			const { line } = place;
			const before = place.lines[line] ?? "";
			const linePlace = { uri, line, before, after: "" };
			manners.shown(linePlace, "xyz()", 0);
			const nearby = {
				firstLine: line - 64,
				lines: place.lines.slice(line - 64, line + 65),
			};
			const snapshot = place.snapshot();
			return () => {
				const edit = editOf(nearby, {
					startLine: line,
					startCharacter: before.length,
					endLine: line,
					endCharacter: before.length,
					text: "x",
				});
				if (edit) manners.edited(uri, edit, 1000);
				manners.objectionTo(snapshot);
				manners.objectionToText(linePlace, "other()");
			};
		},
	},
	{
		piece: "compare with a running request",
		when: "key",
		prepare: (place) => {
			const from = place.snapshot();
			place.key();
			const to = place.snapshot();
			return () => typedSince(from, to);
		},
	},
	{
		piece: "look for an answer among 64",
		when: "key",
		prepare: (place) => {
			const cache = new AnswerCache();
			for (let at = 0; at < 64; at++) {
				cache.put(place.snapshot(), {
					text: "y()",
					pieces: [{ text: "y()", probability: 1 }],
					requestId: "c1",
					isWhole: true,
				});
				place.key();
			}
			const here = place.snapshot();
			return () => cache.find(here);
		},
	},
	{
		piece: "make a request",
		when: "key",
		prepare: (place) => {
			const contextProvider = new RepositoryContext({
				store: new ContextStore(() => true),
				repositoryOf: () => "",
				budgetTokens: () => 1024,
			});
			const engine = new FakeEngine(() => []);
			const { signal } = new AbortController();
			const options = { contextProvider, signal };
			const first = place.snapshot();
			void streamCompletion(first, engine, options).next();
			place.key();
			const here = place.snapshot();
			// The request is made before anything is awaited.
			return () => void streamCompletion(here, engine, options).next();
		},
	},
	{
		piece: "parse around the cursor for the first time",
		when: "jump",
		prepare: (place, syntax) => {
			syntax.parse("typescript", "");
			const around = syntaxIn(place, syntax);
			return () => around.isAtBodyStart();
		},
	},
	{
		piece: "parse around the cursor again",
		when: "key",
		prepare: (place, syntax) => {
			syntaxIn(place, syntax).isAtBodyStart();
			place.key();
			const around = syntaxIn(place, syntax);
			return () => around.isAtBodyStart();
		},
	},
	{
		piece: "find the last whole line of eight",
		when: "answer",
		prepare: (place, syntax) => {
			const around = syntaxIn(place, syntax);
			around.isAtBodyStart();
			const lines = "\n\tconst more = input.length;".repeat(5);
			return () =>
				around.wholeLines(`${lines}\n\tread(\n\t\tmore,\n\t\tinput,`);
		},
	},
	{
		piece: "propose a context",
		when: "pause",
		prepare: (place) => {
			const contextProvider = new RepositoryContext({
				store: new ContextStore(() => true),
				repositoryOf: () => "",
				budgetTokens: () => 1024,
			});
			const here = place.snapshot();
			return () => contextProvider.propose(here);
		},
	},
	{
		piece: "find the region around an edit",
		when: "pause, jump",
		prepare: (place) => {
			const { text } = place.snapshot();
			return () => regionAround(text, place.line);
		},
	},
	{
		piece: "update the file in the store",
		when: "pause, jump",
		prepare: (place) => {
			const store = new ContextStore(() => true);
			const { text } = place.snapshot();
			store.open(place.path, text);
			place.key();
			const now = place.snapshot().text;
			return () => store.changed(place.path, now);
		},
	},
	{
		piece: "remember the region of an edit",
		when: "pause, jump",
		prepare: (place) => {
			const store = new ContextStore(() => true);
			const { text } = place.snapshot();
			store.open(place.path, text);
			const region = regionAround(text, place.line);
			if (region) store.remember(place.path, text, "edited", region);
			return () => {
				if (region) store.remember(place.path, text, "edited", region);
			};
		},
	},
	{
		piece: "open the file in the store",
		when: "open",
		prepare: (place) => {
			const store = new ContextStore(() => true);
			const { text } = place.snapshot();
			return () => store.open(place.path, text);
		},
	},
	{
		piece: "split the text into lines",
		when: "(for comparison)",
		prepare: (place) => {
			const { text } = place.snapshot();
			return () => linesOf(text);
		},
	},
];

export async function benchKeys(): Promise<KeysRow[]> {
	const syntax = await loadedSyntax("typescript");
	const rows = pieces.map(({ piece, when, prepare }) => ({
		piece,
		when,
		ms: Object.fromEntries(
			lineCounts.map((count) => [
				`${count}`,
				fastestMs((place) => prepare(place, syntax), count),
			]),
		),
	}));
	syntax.dispose();
	return rows;
}

/** The minimum: whatever else the machine does only adds to it. */
function fastestMs(
	prepare: (place: Place) => () => unknown,
	lineCount: number,
): number {
	let fastest = Number.POSITIVE_INFINITY;
	for (let at = 0; at < repetitions; at++) {
		const run = prepare(new Place(lineCount));
		const startMs = performance.now();
		run();
		fastest = Math.min(fastest, performance.now() - startMs);
	}
	return fastest;
}
