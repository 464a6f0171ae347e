/** Filters on text of the prompt that the model repeats. */

import { widthOf, wordCount } from "../text/words.ts";
import { type FilterPlace, hasOwn } from "./filterPlace.ts";
import { type TextStream, until, withHead } from "./textStream.ts";

/** Lines that start a file in prompts and in patches. */
const fileHeaders = [
	"// Path: ",
	"# Path: ",
	"-- Path: ",
	"+++++ ",
	"diff --git ",
];

/** Removes the first line where it is only the file's own path. */
export function withoutPromptEcho(
	chunks: TextStream,
	place: FilterPlace,
): AsyncIterable<string> {
	const foreign = foreignHeaders(place);
	return withHead(chunks, (head, isWhole) => {
		const text = head.trimStart();
		const [line = "", ...rest] = text.split("\n");
		const isHeader = (it: string): boolean =>
			it.trim() === place.path ||
			foreign.some(
				(header) => it.startsWith(header) && it.includes(place.path),
			);
		if (isHeader(line) && (isWhole || rest.length > 0)) return rest.join("\n");
		const mayBe =
			place.path.startsWith(line) ||
			foreign.some((header) => `${header}${place.path}`.startsWith(line));
		return !isWhole && rest.length === 0 && mayBe ? undefined : head;
	});
}

/** Ends before a line that starts another file. */
export function untilNextFile(
	chunks: TextStream,
	place: FilterPlace,
): AsyncIterable<string> {
	const foreign = foreignHeaders(place);
	return until(chunks, (text) => {
		for (let end = -1; ; ) {
			const start = end + 1;
			const line = text.slice(start);
			if (foreign.some((header) => line.startsWith(header)))
				return { length: Math.max(0, end), isEnd: true };
			if (foreign.some((header) => header.startsWith(line)))
				return { length: Math.max(0, end), isEnd: false };
			end = text.indexOf("\n", start);
			if (end < 0) return { length: text.length, isEnd: false };
		}
	});
}

function foreignHeaders(place: FilterPlace): string[] {
	return fileHeaders.filter((header) => !hasOwn(place, header));
}

/** A narrower beginning, or one of a single word, may legitimately recur in the line: `max(max(`. */
const minEchoWidth = 8;
const minEchoWords = 2;

/** Removes the beginning of the current line where the text repeats it. */
export function withoutRepeatedPrefix(
	chunks: TextStream,
	{ lineBefore }: FilterPlace,
): AsyncIterable<string> {
	const echo = lineBefore.trim();
	if (
		widthOf(echo) < minEchoWidth ||
		wordCount(echo) < minEchoWords ||
		/[([{<,+*（【《，]$/.test(echo)
	)
		return chunks;
	return withHead(chunks, (head, isWhole) => {
		const text = head.trimStart();
		if (text.startsWith(echo)) {
			const rest = text.slice(echo.length);
			// The cursor already has a space before it.
			return /\s$/.test(lineBefore)
				? rest.replace(/^[ \t]+/, "") || undefined
				: rest;
		}
		return !isWhole && echo.startsWith(text) ? undefined : head;
	});
}
