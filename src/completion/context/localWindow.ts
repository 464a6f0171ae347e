/** The text round the cursor that context is chosen for. */

import { identifiers } from "./identifiers.ts";

export interface LocalWindow {
	/** Of the document, relative to the workspace. */
	readonly path: string;
	/** Whole lines, and the current one up to the cursor. */
	readonly before: string;
	readonly after: string;
	/** Lines near the top of the document that name what it imports. */
	readonly imports: string;
}

/** Three quarters of some 3000 characters lie before the cursor: what was just written says most of what comes. */
const charsBefore = 2250;
const charsAfter = 750;

const importLines = 100;
const importLine =
	/^\s*(?:import|export\s.*\bfrom|from|use|using|require|include|#\s*include|@import|(?:const|let|var)\s.*\brequire\()/;

/** At this distance from the cursor a line counts half as much as the current one. */
const halfWeightLines = 10;
/** An import names what the file is about, and not what the cursor is at. */
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
		// On one long line there is no line end near.
		before: text.slice(start === 0 || start > offset ? from : start, offset),
		after: text.slice(offset, end < offset ? to : end),
		imports: text
			.slice(0, offset)
			.split("\n", importLines)
			.filter((line) => importLine.test(line))
			.join("\n"),
	};
}

/** What to look for, each word with its weight: that of its line nearest to the cursor, 1 there and less with the distance. */
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
