/** A filter on the rest of the line after the cursor. */

import type { FilterPlace } from "./filterPlace.ts";
import { type TextStream, until } from "./textStream.ts";

/** A shorter rest may occur in a suggestion by chance. */
const minChars = 4;

/** Ends before the rest of the line, whatever its spacing. `trimSuggestion` cuts a partial overlap. */
export function untilRestOfLine(
	chunks: TextStream,
	{ lineAfter }: Pick<FilterPlace, "lineAfter">,
): AsyncIterable<string> {
	const rest = lineAfter.trim();
	if (rest.length < minChars || !/\w/.test(rest)) return chunks;
	const words = rest.match(/\w+|[^\w\s]/g) ?? [];
	const escaped = words.map((word) => word.replace(/\W/g, "\\$&"));
	// Not inside a word: the rest `able` does not match in `table`.
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

/** The length of the longest end of the text that is a beginning of the rest, without regard to spaces. */
function overlap(text: string, rest: string): number {
	const start = Math.max(0, text.length - 2 * rest.length);
	const bare = rest.replace(/\s/g, "");
	for (let from = start; from < text.length; from++)
		if (bare.startsWith(text.slice(from).replace(/\s/g, "")))
			return text.length - from;
	return 0;
}
