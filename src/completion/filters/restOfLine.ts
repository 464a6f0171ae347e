/** The rest of the line, as it stands right of the cursor. */

import type { FilterPlace } from "./filterPlace.ts";
import { type TextStream, until } from "./textStream.ts";

/** Less than this may well occur in a text twice. */
const minChars = 4;

/** Ends before the rest of the line, however it is spaced. An end of the text that only overlaps with it is cut in the last look. */
export function untilRestOfLine(
	chunks: TextStream,
	{ lineAfter }: Pick<FilterPlace, "lineAfter">,
): AsyncIterable<string> {
	const rest = lineAfter.trim();
	if (rest.length < minChars || !/\w/.test(rest)) return chunks;
	const words = rest.match(/\w+|[^\w\s]/g) ?? [];
	const escaped = words.map((word) => word.replace(/\W/g, "\\$&"));
	// Not inside a word: behind `a`, the rest `able` is none of `table`.
	const pattern = new RegExp(
		`${/^\w/.test(rest) ? "(?<!\\w)" : ""}[ \\t]*${escaped.join("\\s*")}`,
	);
	return until(chunks, (text) => {
		const index = text.search(pattern);
		return index < 0
			? { length: text.length - overlap(text, rest), isEnd: false }
			: { length: index, isEnd: true };
	});
}

/** How much of the end of the text may be the beginning of the rest, spaces apart. */
function overlap(text: string, rest: string): number {
	const start = Math.max(0, text.length - 2 * rest.length);
	const bare = rest.replace(/\s/g, "");
	for (let from = start; from < text.length; from++)
		if (bare.startsWith(text.slice(from).replace(/\s/g, "")))
			return text.length - from;
	return 0;
}
