/** A filter on the rest of the line after the cursor. */

import { hasWord, widthOf, wordCharacter } from "../text/words.ts";
import type { FilterPlace } from "./filterPlace.ts";
import { type TextStream, until } from "./textStream.ts";

/** A narrower rest may occur in a suggestion by chance. */
const minWidth = 4;

/** Ends before the rest of the line, whatever its spacing. `trimSuggestion` cuts a partial overlap. */
export function untilRestOfLine(
	chunks: TextStream,
	{ lineAfter }: Pick<FilterPlace, "lineAfter">,
): AsyncIterable<string> {
	const rest = lineAfter.trim();
	if (widthOf(rest) < minWidth || !hasWord(rest)) return chunks;
	const pieces =
		rest.match(/[\p{L}\p{M}\p{N}_]+|[^\p{L}\p{M}\p{N}_\s]/gu) ?? [];
	let from = 0;
	return until(chunks, (text) => {
		for (; from < text.length; from++) {
			const fit = fitAt(text, from, pieces);
			if (fit !== "none") return { length: from, isEnd: fit === "whole" };
		}
		return { length: text.length, isEnd: false };
	});
}

/** Whether the pieces stand at an offset, or the text ends among them. Spaces before the first belong to it, and any may be between them. */
function fitAt(
	text: string,
	start: number,
	pieces: readonly string[],
): "whole" | "part" | "none" {
	// Not inside a word: the rest `able` does not match in `table`.
	if (isWord(pieces[0]?.[0]) && isWord(text[start - 1])) return "none";
	let at = start;
	while (text[at] === " " || text[at] === "\t") at++;
	for (const [index, piece] of pieces.entries()) {
		while (index > 0 && text[at]?.trim() === "") at++;
		if (at >= text.length) return "part";
		if (!text.startsWith(piece, at))
			return piece.startsWith(text.slice(at)) ? "part" : "none";
		at += piece.length;
	}
	return "whole";
}

function isWord(char: string | undefined): boolean {
	return char !== undefined && wordCharacter.test(char);
}
