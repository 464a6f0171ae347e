/** Which names of a document to look up: their definitions in other files are the best snippets. */

/** Where a name stands in a document. */
export interface NamePlace {
	readonly name: string;
	/** 0-based, like `column`. */
	readonly line: number;
	readonly column: number;
}

/** Names are taken from the current line and those just above it. */
const linesAbove = 4;
const maxNearNames = 8;
/** The import lines of a file that count, and the names of them that are looked up. */
const maxImportLines = 100;
const maxImportedNames = 16;
const importing =
	/^\s*(?:import|export\b.*\bfrom|from|(?:use|using)\b(?!\s*\()|require|include)\b/;
/** The lines of a list of names that began with `import {` or `from x import (`. */
const opensList = /[{(]\s*$/;
const closesList = /[})]/;
const keywords = new Set(
	"import export from type use using require include as const let var default".split(
		" ",
	),
);
const names = /[\p{L}_$][\p{L}\p{N}_$]{2,}/gu;

/**
 * Each name once: first those nearest to the cursor, then the imported ones, the last first, because those usually come from the project
 * itself.
 */
export function lookupNames(
	lineAt: (line: number) => string,
	lineCount: number,
	cursorLine: number,
): NamePlace[] {
	const near = new Map<string, NamePlace>();
	const first = Math.max(0, cursorLine - linesAbove);
	for (let line = cursorLine; line >= first; line--)
		for (const it of namesIn(lineAt(line), line))
			if (!near.has(it.name)) near.set(it.name, it);
	const chosen = [...near.values()].slice(0, maxNearNames);
	const isChosen = new Set(chosen.map(({ name }) => name));
	const imported = importedNames(lineAt, lineCount).filter(
		({ name }) => !isChosen.has(name),
	);
	return [...chosen, ...imported.slice(-maxImportedNames).toReversed()];
}

/** The names on the import lines near the top of a document, each once, in the order of the text. */
export function importedNames(
	lineAt: (line: number) => string,
	lineCount: number,
): NamePlace[] {
	const found = new Map<string, NamePlace>();
	let isInList = false;
	for (let line = 0; line < Math.min(maxImportLines, lineCount); line++) {
		const text = lineAt(line);
		if (!isInList && !importing.test(text)) continue;
		// What a module is called is no name: its path, or what follows `from` in Python.
		const own = text
			.replace(/(["'`]).*?\1/g, (it) => " ".repeat(it.length))
			.replace(/^\s*from\s+\S+/, (it) => " ".repeat(it.length));
		for (const it of namesIn(own, line))
			if (!found.has(it.name)) found.set(it.name, it);
		isInList = isInList ? !closesList.test(text) : opensList.test(text);
	}
	return [...found.values()];
}

function namesIn(text: string, line: number): NamePlace[] {
	return [...text.matchAll(names)].flatMap(({ 0: name, index }) =>
		keywords.has(name) ? [] : [{ name, line, column: index }],
	);
}
