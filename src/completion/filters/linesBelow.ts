/** A model that has said all it has goes on with what stands below. */

import { isNearly, isSame } from "../text/similarity.ts";
import type { FilterPlace } from "./filterPlace.ts";
import { lineOf, type TextStream } from "./textStream.ts";

/** A suggestion that reaches further down than this was not going there. */
const lookedAt = 5;
/** So many letters and digits do not come twice by chance; `return;` does. */
const minDistinct = 12;

/**
 * Ends before a line that stands below. A line proves that by what follows it, which must go on as it does below; one that is the very
 * next line and says much proves it alone. Takes whole lines.
 */
export async function* untilLinesBelow(
	lines: TextStream,
	{ lineBefore, linesBelow }: Pick<FilterPlace, "lineBefore" | "linesBelow">,
): AsyncGenerator<string> {
	const below = linesBelow
		.filter((line) => line.trim() !== "")
		.slice(0, lookedAt + 1);
	let held = "";
	let heldLine = "";
	let isFirst = true;
	for await (const piece of lines) {
		const line =
			(isFirst && !piece.startsWith("\n") ? lineBefore : "") + lineOf(piece);
		isFirst = false;
		if (held !== "") {
			if (goesOn(heldLine, line, below)) return;
			yield held;
			held = "";
		}
		if (isNextAndDistinct(line, below)) return;
		if (below.slice(0, lookedAt).some((it) => mayBe(line, it))) {
			held = piece;
			heldLine = line;
		} else yield piece;
	}
	if (held !== "" && !isNext(heldLine, below)) yield held;
}

/** A lone bracket ends many blocks: that one follows proves nothing. */
function mayBe(line: string, below: string): boolean {
	return /\w/.test(line) && (isSame(line, below) || isNearly(line, below));
}

function goesOn(line: string, next: string, below: readonly string[]): boolean {
	return below
		.slice(0, lookedAt)
		.some(
			(it, index) =>
				mayBe(line, it) &&
				(isSame(next, below[index + 1] ?? "") ||
					isNearly(next, below[index + 1] ?? "")),
		);
}

function isNext(line: string, [next = ""]: readonly string[]): boolean {
	return /\w/.test(line) && isSame(line, next);
}

function isNextAndDistinct(line: string, below: readonly string[]): boolean {
	return isNext(line, below) && line.replace(/\W/g, "").length >= minDistinct;
}
