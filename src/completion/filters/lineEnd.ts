/** Limits a suggestion to one line. */

import type { FilterPlace } from "./filterPlace.ts";
import type { TextStream } from "./textStream.ts";

/**
 * Ends before the first line end after some text. With text after the cursor, ends before any line end: only a rest of the line can go
 * before that text.
 */
export async function* untilLineEnd(
	chunks: TextStream,
	{ lineAfter }: Pick<FilterPlace, "lineAfter">,
): AsyncGenerator<string> {
	let hasText = lineAfter.trim() !== "";
	for await (const chunk of chunks) {
		const from = hasText ? 0 : chunk.search(/\S/);
		const end = from < 0 ? -1 : chunk.indexOf("\n", from);
		if (end >= 0) {
			yield chunk.slice(0, end);
			return;
		}
		if (from >= 0) hasText = true;
		yield chunk;
	}
}
