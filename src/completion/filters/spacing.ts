/** Filters on blank lines and spaces where the suggestion meets the document. */

import type { FilterPlace } from "./filterPlace.ts";
import { type TextStream, withHead } from "./textStream.ts";

/** PEP 8 has two between functions. */
const maxBlankLines = 2;

/** Removes blank lines at the beginning that would be the third in a row. */
export function withoutBlankLines(
	chunks: TextStream,
	{ linesAbove, lineBefore }: Pick<FilterPlace, "linesAbove" | "lineBefore">,
): AsyncIterable<string> {
	const lastWithText = linesAbove.findLastIndex((line) => line.trim() !== "");
	const room =
		lineBefore.trim() === ""
			? Math.max(0, maxBlankLines - (linesAbove.length - 1 - lastWithText))
			: // The first line end only ends the current line.
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

/** Removes a single space at the beginning if one is before the cursor. Several spaces are an alignment and stay. */
export function withoutDoubleSpace(
	chunks: TextStream,
	{ lineBefore }: Pick<FilterPlace, "lineBefore">,
): AsyncIterable<string> {
	if (!/\S $/.test(lineBefore)) return chunks;
	return withHead(chunks, (head, isWhole) =>
		head === " " && !isWhole ? undefined : head.replace(/^ (?=\S)/, ""),
	);
}
