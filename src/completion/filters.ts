/**
 * Rules on a suggestion while it streams: async generators from text to text, one rule each. A filter that returns
 * stops the model.
 */

import { BracketScanner, isClosingLine } from "./brackets.ts";
import { indentWidth } from "./indentation.ts";
import { loopStart } from "./repetition.ts";

type Text = AsyncIterable<string>;

/** Ends when the model only repeats itself. What it said of the loop until then is cut off later. */
export async function* untilLoop(chunks: Text): AsyncGenerator<string> {
	let text = "";
	for await (const chunk of chunks) {
		yield chunk;
		text += chunk;
		if (loopStart(text) !== undefined) return;
	}
}

/** Ends before the first line end that has something before it. */
export async function* untilLineEnd(chunks: Text): AsyncGenerator<string> {
	let hasText = false;
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

/**
 * Ends where the block does: before a blank line, before a line that does not belong to the body, with the bracket that
 * closes the body, and in any case after `maxLines`.
 */
export async function* untilBlockEnd(
	chunks: Text,
	{
		lineBefore,
		nextLine,
		maxLines,
	}: {
		/** The current line up to the cursor: blank inside a body, or else what opens one. */
		readonly lineBefore: string;
		/** The next line behind the cursor that is not blank: where it closes the body, the suggestion does not. */
		readonly nextLine: string;
		readonly maxLines: number;
	},
): AsyncGenerator<string> {
	const ownWidth = indentWidth(lineBefore);
	const isClosedBelow =
		isClosingLine(nextLine) && indentWidth(nextLine) === ownWidth;
	const leastWidth = lineBefore.trim() === "" ? ownWidth : ownWidth + 1;
	let isCursorLine = true;
	let linesWithText = 0;
	for await (const line of byLine(chunks)) {
		const isBlank = line.trim() === "";
		if (isBlank && linesWithText > 0) return;
		if (!isCursorLine && !isBlank) {
			const lineWidth = indentWidth(line);
			if (lineWidth === ownWidth && /^\s*[)\]}]/.test(line)) {
				if (isClosedBelow && isClosingLine(line)) return;
				yield line.replace(/\n$/, "");
				return;
			}
			if (lineWidth < leastWidth) return;
		}
		yield line;
		isCursorLine = false;
		if (!isBlank && ++linesWithText === maxLines) return;
	}
}

/**
 * Ends before a bracket that closes what was opened before the suggestion, where that bracket already stands behind the
 * cursor.
 */
export async function* untilClosedBySuffix(
	chunks: Text,
	{
		lineBefore,
		lineAfter,
	}: { readonly lineBefore: string; readonly lineAfter: string },
): AsyncGenerator<string> {
	const closer = lineAfter.trimStart()[0];
	if (closer === undefined || !")]}".includes(closer)) {
		yield* chunks;
		return;
	}
	const scanner = new BracketScanner(lineBefore);
	for await (const chunk of chunks) {
		for (const [index, char] of [...chunk].entries()) {
			if (!scanner.read(char) || char !== closer) continue;
			yield [...chunk].slice(0, index).join("");
			return;
		}
		yield chunk;
	}
}

/** Ends before a line that stands as the next one behind the cursor. */
export async function* untilNextLine(
	chunks: Text,
	nextLine: string,
): AsyncGenerator<string> {
	const next = nextLine.trim();
	let isFirst = true;
	for await (const line of byLine(chunks)) {
		// Lines such as a lone bracket end many blocks: that one follows proves nothing.
		if (!isFirst && /\w/.test(next) && line.trim() === next) return;
		isFirst = false;
		yield line;
	}
}

/** Re-cuts a stream at its line ends, each with its own line. */
async function* byLine(chunks: Text): AsyncGenerator<string> {
	let line = "";
	for await (const chunk of chunks) {
		line += chunk;
		for (;;) {
			const end = line.indexOf("\n");
			if (end < 0) break;
			const whole = line.slice(0, end + 1);
			line = line.slice(end + 1);
			yield whole;
		}
	}
	if (line !== "") yield line;
}
