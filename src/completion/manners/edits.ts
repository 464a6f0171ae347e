/** Edits of a document as the manners see them: what disappeared, what appeared, and where. */

import { withUnixLineEnds } from "../text/documentContext.ts";

/** A range of the document before the edit, zero-based, and the text that replaces it. */
export interface RangeEdit {
	readonly startLine: number;
	readonly startCharacter: number;
	readonly endLine: number;
	readonly endCharacter: number;
	readonly text: string;
}

/** Without what both texts have in common, which editors often replace by itself. Line ends are `\n`. */
export interface Edit {
	readonly line: number;
	/** That line up to the edit. */
	readonly before: string;
	readonly removed: string;
	readonly inserted: string;
}

/** The lines around the cursor as of before an edit: editors report what was inserted, and not what was removed. */
export interface NearbyLines {
	readonly firstLine: number;
	readonly lines: readonly string[];
}

/** Undefined where the edit does not begin in the lines; of one that ends below them, the part within them is known. */
export function editOf(
	{ firstLine, lines }: NearbyLines,
	{ startLine, startCharacter, endLine, endCharacter, text }: RangeEdit,
): Edit | undefined {
	const start = startLine - firstLine;
	const first = lines[start];
	if (first === undefined) return undefined;
	const end = endLine - firstLine;
	const removed = lines
		.slice(start, end + 1)
		.map((line, index) =>
			line.slice(
				index === 0 ? startCharacter : 0,
				start + index === end ? endCharacter : undefined,
			),
		)
		.join("\n");
	return trimmed({
		line: startLine,
		before: first.slice(0, startCharacter),
		removed,
		inserted: withUnixLineEnds(text),
	});
}

function trimmed({ line, before, removed, inserted }: Edit): Edit {
	const shorter = Math.min(removed.length, inserted.length);
	let start = 0;
	while (start < shorter && removed[start] === inserted[start]) start++;
	let end = 0;
	while (
		end < shorter - start &&
		removed.at(-1 - end) === inserted.at(-1 - end)
	)
		end++;
	const kept = removed.slice(0, start);
	return {
		line: line + lineCount(kept),
		before: lastLine(before + kept),
		removed: removed.slice(start, removed.length - end),
		inserted: inserted.slice(start, inserted.length - end),
	};
}

/** Where a line is after an edit of another line. */
export function movedLine(
	line: number,
	{ line: edited, removed, inserted }: Edit,
): number {
	if (line <= edited) return line;
	return Math.max(edited, line + lineCount(inserted) - lineCount(removed));
}

/** Line ends in the text. */
export function lineCount(text: string): number {
	return text.split("\n").length - 1;
}

export function lastLine(text: string): string {
	return text.slice(text.lastIndexOf("\n") + 1);
}

/** A line and the cursor in it. */
export interface LinePlace {
	readonly uri: string;
	readonly line: number;
	/** The line up to the cursor. */
	readonly before: string;
	/** The line after the cursor. */
	readonly after: string;
}

export function withoutSpace(text: string): string {
	return text.replace(/\s+/g, "");
}
