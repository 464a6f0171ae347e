/** A filter on lines that are already below the cursor: models continue with them after they have completed the code. */

import { isSameLine, isSimilarLine } from "../text/similarity.ts";
import { hasWord, letterCount } from "../text/words.ts";
import type { FilterPlace } from "./filterPlace.ts";
import { lineOf, type TextStream } from "./textStream.ts";

/** A suggestion is compared with this many lines below. */
const maxComparedLines = 5;
/** A line with fewer letters and digits, such as `return;`, may occur twice by chance. */
const minDistinct = 12;

/**
 * Ends before a line that is already below. One matching line is not enough: the line after it must match too, unless it is a long line
 * that equals the very next line. Takes whole lines.
 */
export async function* untilLinesBelow(
	lines: TextStream,
	{ lineBefore, linesBelow }: Pick<FilterPlace, "lineBefore" | "linesBelow">,
): AsyncGenerator<string> {
	const below = linesBelow
		.filter((line) => line.trim() !== "")
		.slice(0, maxComparedLines + 1);
	let held = "";
	let heldLine = "";
	let isFirst = true;
	for await (const piece of lines) {
		const line =
			(isFirst && !piece.startsWith("\n") ? lineBefore : "") + lineOf(piece);
		isFirst = false;
		if (held !== "") {
			if (continuesAs(heldLine, line, below)) return;
			yield held;
			held = "";
		}
		if (isNextAndDistinct(line, below)) return;
		if (below.slice(0, maxComparedLines).some((it) => matches(line, it))) {
			held = piece;
			heldLine = line;
		} else yield piece;
	}
	if (held !== "" && !isNext(heldLine, below)) yield held;
}

/** A lone bracket ends many blocks and proves nothing. */
function matches(line: string, below: string): boolean {
	return (
		hasWord(line) && (isSameLine(line, below) || isSimilarLine(line, below))
	);
}

function continuesAs(
	line: string,
	next: string,
	below: readonly string[],
): boolean {
	return below
		.slice(0, maxComparedLines)
		.some(
			(it, index) =>
				matches(line, it) &&
				(isSameLine(next, below[index + 1] ?? "") ||
					isSimilarLine(next, below[index + 1] ?? "")),
		);
}

function isNext(line: string, [next = ""]: readonly string[]): boolean {
	return hasWord(line) && isSameLine(line, next);
}

function isNextAndDistinct(line: string, below: readonly string[]): boolean {
	return isNext(line, below) && letterCount(line) >= minDistinct;
}
