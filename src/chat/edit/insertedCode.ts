/** Code of an answer as it is written at the cursor. */

import {
	indentOf,
	reindented,
	withFileIndentation,
} from "./blockIndentation.ts";
import { codeLines } from "./fileLines.ts";

export interface InsertPlace {
	/** The text of the line up to where the code goes. */
	readonly before: string;
	/** The text that the code replaces; empty at a cursor. */
	readonly replaced: string;
	/** Of the whole file, for how it is indented. */
	readonly lines: readonly string[];
}

/** Indented like the line that it goes into; its lines end with `\n`. */
export function insertedCode(
	code: string,
	{ before, replaced, lines }: InsertPlace,
): string {
	const [first = "", ...rest] = withFileIndentation(codeLines(code), lines);
	// Whole lines may be selected: then the indentation of the first is among what is replaced.
	const selected = indentOf(replaced);
	const isAtMargin = before.trim() === "";
	const indent = isAtMargin ? before + selected : indentOf(before);
	const written = [
		(isAtMargin ? selected : "") + first.trimStart(),
		...reindented(rest, indentOf(first), indent),
	].join("\n");
	return /[\r\n]$/.test(replaced) ? `${written}\n` : written;
}
