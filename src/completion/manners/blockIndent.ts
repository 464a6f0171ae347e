/** Where Tab indents: on a blank line left of its block's indentation, ghost text would take the key. */

import {
	documentIndentation,
	type Indentation,
	indentWidth,
} from "../../workspace/indentation.ts";
import type { DocumentSnapshot } from "../text/documentContext.ts";
import {
	closesBody,
	isOffSide,
	isProse,
	opensBody,
} from "../text/languageSyntax.ts";

/** Enough for the block around the cursor. */
const maxCharsAbove = 4096;
const maxCharsBelow = 2048;

/** Whether the cursor is on a blank line and left of where the block begins. */
export function isLeftOfBlock({
	text,
	offset,
	languageId,
	indentation,
}: Pick<
	DocumentSnapshot,
	"text" | "offset" | "languageId" | "indentation"
>): boolean {
	if (isProse(languageId)) return false;
	const above = text.slice(Math.max(0, offset - maxCharsAbove), offset);
	const below = text.slice(offset, offset + maxCharsBelow);
	const linesAbove = above.split(/\r\n?|\n/);
	const linesBelow = below.split(/\r\n?|\n/);
	const before = linesAbove.pop() ?? "";
	const after = linesBelow.shift() ?? "";
	if (before.trim() !== "" || after.trim() !== "") return false;
	const wanted = blockIndent(
		linesAbove.filter((it) => it.trim() !== ""),
		linesBelow.find((it) => it.trim() !== ""),
		languageId,
		documentIndentation(
			[...linesAbove, ...linesBelow],
			languageId,
			indentation,
		),
	);
	return indentWidth(before) < wanted;
}

/**
 * The columns at which the block at a blank line begins.
 *
 * @param above lines that are not blank, from top to bottom.
 * @param below the next line that is not blank.
 */
function blockIndent(
	above: readonly string[],
	below: string | undefined,
	languageId: string,
	{ insertSpaces, tabSize }: Indentation,
): number {
	const unit = insertSpaces ? tabSize : indentWidth("\t");
	const nearest = above.at(-1);
	if (nearest === undefined) return 0;
	if (opensBody(nearest, languageId)) return indentWidth(nearest) + unit;
	const fromAbove = indentWidth(statementStart(above, languageId));
	if (below === undefined)
		// A block without closers may have ended here.
		return isOffSide(languageId) ? 0 : fromAbove;
	const fromBelow = closesBody(below, languageId)
		? indentWidth(below) + unit
		: indentWidth(below);
	return Math.min(fromAbove, fromBelow);
}

/** The last statement's first line: a line that is deeper than one above it which opens no body continues that one. */
function statementStart(lines: readonly string[], languageId: string): string {
	let start = lines.at(-1) ?? "";
	for (let at = lines.length - 2; at >= 0; at--) {
		const line = lines[at] ?? "";
		if (indentWidth(line) >= indentWidth(start)) continue;
		if (opensBody(line, languageId)) return start;
		start = line;
	}
	return start;
}
