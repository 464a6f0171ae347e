/** Indents the code of an answer for insertion at the cursor. */

import { indentOf } from "../../workspace/indentation.ts";
import { withFileIndentation, withIndentation } from "./blockIndentation.ts";
import { codeLines } from "./fileLines.ts";

export interface InsertPlace {
	/** The text of the line before the insertion point. */
	readonly before: string;
	/** The selected text, which the code replaces; may be empty. */
	readonly replaced: string;
	/** The lines of the file, for its indentation style. */
	readonly lines: readonly string[];
}

/** The code with the indentation of the line it is inserted into and `\n` as line ending. */
export function insertedCode(
	code: string,
	{ before, replaced, lines }: InsertPlace,
): string {
	const [first = "", ...rest] = withFileIndentation(codeLines(code), lines);
	// A selection of whole lines includes the indentation of its first line.
	const selected = indentOf(replaced);
	const isAtMargin = before.trim() === "";
	const indent = isAtMargin ? before + selected : indentOf(before);
	const written = [
		(isAtMargin ? selected : "") + first.trimStart(),
		...withIndentation(rest, indentOf(first), indent),
	].join("\n");
	return /[\r\n]$/.test(replaced) ? `${written}\n` : written;
}
