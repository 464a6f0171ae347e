/** Blank lines and spaces at the seam between the document and the suggestion. */

import type { FilterPlace } from "./filterPlace.ts";
import { type TextStream, withHead } from "./textStream.ts";

/** Python's style asks for two between functions. */
const maxBlankLines = 2;

/** Leaves out blank lines at the beginning that would make a third in a row. */
export function withoutBlankLines(
	chunks: TextStream,
	{ linesAbove, lineBefore }: Pick<FilterPlace, "linesAbove" | "lineBefore">,
): AsyncIterable<string> {
	const lastWithText = linesAbove.findLastIndex((line) => line.trim() !== "");
	const room =
		lineBefore.trim() === ""
			? Math.max(0, maxBlankLines - (linesAbove.length - 1 - lastWithText))
			: // The first line end only leaves the current line.
				maxBlankLines + 1;
	return withHead(chunks, (head, isWhole) => {
		if (!isWhole && head.trim() === "") return undefined;
		const blank = /^\s*\n/.exec(head)?.[0] ?? "";
		const lineEnds = blank.split("\n").length - 1;
		return lineEnds <= room
			? head
			: "\n".repeat(room) + head.slice(blank.length);
	});
}

/** Leaves out a single space at the beginning where one stands before the cursor. Several on either side are a table, or some other alignment. */
export function withoutDoubleSpace(
	chunks: TextStream,
	{ lineBefore }: Pick<FilterPlace, "lineBefore">,
): AsyncIterable<string> {
	if (!/\S $/.test(lineBefore)) return chunks;
	return withHead(chunks, (head, isWhole) =>
		head === " " && !isWhole ? undefined : head.replace(/^ (?=\S)/, ""),
	);
}
