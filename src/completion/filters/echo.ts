/** The model repeats what it was asked with. */

import { type FilterPlace, hasOwn } from "./filterPlace.ts";
import { type TextStream, until, withHead } from "./textStream.ts";

/** Lines that frame files in prompts and in patches. */
const frames = ["// Path: ", "# Path: ", "-- Path: ", "+++++ ", "diff --git "];

/** Takes the file's own path off where it is all of the first line. */
export function withoutPromptEcho(
	chunks: TextStream,
	place: FilterPlace,
): AsyncIterable<string> {
	const foreign = foreignFrames(place);
	return withHead(chunks, (head, isWhole) => {
		const text = head.trimStart();
		const [line = "", ...rest] = text.split("\n");
		const isFrame = (it: string): boolean =>
			it.trim() === place.path ||
			foreign.some((frame) => it.startsWith(frame) && it.includes(place.path));
		if (isFrame(line) && (isWhole || rest.length > 0)) return rest.join("\n");
		const mayBe =
			place.path.startsWith(line) ||
			foreign.some((frame) => `${frame}${place.path}`.startsWith(line));
		return !isWhole && rest.length === 0 && mayBe ? undefined : head;
	});
}

/** Ends before a line that begins another file. */
export function untilNextFile(
	chunks: TextStream,
	place: FilterPlace,
): AsyncIterable<string> {
	const foreign = foreignFrames(place);
	return until(chunks, (text) => {
		for (let end = -1; ; ) {
			const start = end + 1;
			const line = text.slice(start);
			if (foreign.some((frame) => line.startsWith(frame)))
				return { length: Math.max(0, end), isEnd: true };
			if (foreign.some((frame) => frame.startsWith(line)))
				return { length: Math.max(0, end), isEnd: false };
			end = text.indexOf("\n", start);
			if (end < 0) return { length: text.length, isEnd: false };
		}
	});
}

function foreignFrames(place: FilterPlace): string[] {
	return frames.filter((frame) => !hasOwn(place, frame));
}

/** Shorter beginnings of a line may well come again in it: `max(max(`. */
const minEchoChars = 8;

/** Takes the beginning of the current line off where the text begins with it anew. */
export function withoutRepeatedPrefix(
	chunks: TextStream,
	{ lineBefore }: FilterPlace,
): AsyncIterable<string> {
	const echo = lineBefore.trim();
	if (
		echo.length < minEchoChars ||
		!/\w\W+\w/.test(echo) ||
		/[([{<,+*]$/.test(echo)
	)
		return chunks;
	return withHead(chunks, (head, isWhole) => {
		const text = head.trimStart();
		if (text.startsWith(echo)) {
			const rest = text.slice(echo.length);
			// What follows joins on to the space that stands before the cursor.
			return /\s$/.test(lineBefore)
				? rest.replace(/^[ \t]+/, "") || undefined
				: rest;
		}
		return !isWhole && echo.startsWith(text) ? undefined : head;
	});
}
