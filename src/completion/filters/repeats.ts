/** Stops a model that repeats itself. `trimSuggestion` removes the repetition. */

import { loopStart, repeatedFrom } from "../text/repetition.ts";
import { lineOf, type TextStream } from "./textStream.ts";

/** Ends when the text runs into a loop. */
export async function* untilLoop(chunks: TextStream): AsyncGenerator<string> {
	let text = "";
	for await (const chunk of chunks) {
		yield chunk;
		text += chunk;
		if (loopStart(text) !== undefined) return;
	}
}

/** Ends when lines are repeated. Takes whole lines. */
export async function* untilRepeatedLines(
	lines: TextStream,
): AsyncGenerator<string> {
	const seen: string[] = [];
	for await (const piece of lines) {
		yield piece;
		seen.push(lineOf(piece));
		if (repeatedFrom(seen) !== undefined) return;
	}
}
