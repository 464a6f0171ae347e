/** The text around the cursor, from which the query for snippets is made. */

import { identifiers } from "./identifiers.ts";

export interface LocalWindow {
	/** Of the document, relative to the workspace. */
	readonly path: string;
	/** Whole lines, and the current line up to the cursor. */
	readonly before: string;
	readonly after: string;
	/** The import lines near the top of the document. */
	readonly imports: string;
}

/** Three quarters of 3000 characters are before the cursor: what was just written predicts most about what comes next. */
const charsBefore = 2250;
const charsAfter = 750;

const importLines = 100;
/** Where lines are long, those are no import lines. */
const importChars = 16 * 1024;
const importLine =
	/^\s*(?:import|export\s.*\bfrom|from|use|using|require|include|#\s*include|@import|(?:const|let|var)\s.*\brequire\()/;

/** At this distance from the cursor, the weight of a line is half that of the current line. */
const halfWeightLines = 10;
/** Imports tell what the file is about, but little about the code at the cursor. */
const importWeight = 0.25;

export function localWindow(
	path: string,
	text: string,
	offset: number,
): LocalWindow {
	const from = Math.max(0, offset - charsBefore);
	const to = Math.min(text.length, offset + charsAfter);
	const start = from === 0 ? 0 : text.indexOf("\n", from - 1) + 1;
	const end = to === text.length ? to : text.lastIndexOf("\n", to);
	return {
		path,
		// On a long line, there may be no line end nearby.
		before: text.slice(start === 0 || start > offset ? from : start, offset),
		after: text.slice(offset, end < offset ? to : end),
		imports: text
			.slice(0, Math.min(offset, importChars))
			.split("\n", importLines)
			.filter((line) => importLine.test(line))
			.join("\n"),
	};
}

/** The BM25 query: the weight of each word, 1 on the current line and less with the distance of the nearest line that has it. */
export function queryOf(local: LocalWindow): ReadonlyMap<string, number> {
	const weights = new Map<string, number>();
	const add = (text: string, weight: number): void => {
		for (const word of identifiers(text))
			weights.set(word, Math.max(weights.get(word) ?? 0, weight));
	};
	const weightAt = (lines: number) =>
		halfWeightLines / (halfWeightLines + lines);
	for (const [lines, text] of local.before.split("\n").toReversed().entries())
		add(text, weightAt(lines));
	for (const [lines, text] of local.after.split("\n").entries())
		add(text, weightAt(lines));
	add(local.imports, importWeight);
	return weights;
}
