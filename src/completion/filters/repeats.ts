/** A model that only repeats itself is stopped. What it said of it until then is cut off in the last look. */

import { loopStart, repeatedFrom } from "../text/repetition.ts";
import { lineOf, type TextStream } from "./textStream.ts";

/** Ends when the last characters are a loop. */
export async function* untilLoop(chunks: TextStream): AsyncGenerator<string> {
	let text = "";
	for await (const chunk of chunks) {
		yield chunk;
		text += chunk;
		if (loopStart(text) !== undefined) return;
	}
}

/** Ends when lines come again. Takes whole lines. */
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
