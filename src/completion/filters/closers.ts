/** Filters on brackets and quotes that are already closed. The editor inserts the closer as soon as the opener is typed. */

import { BracketScanner } from "../text/brackets.ts";
import { isCommentLine } from "../text/languageSyntax.ts";
import type { FilterPlace } from "./filterPlace.ts";
import type { TextStream } from "./textStream.ts";

/** Ends before the quote that closes the string literal at the cursor, if that quote is right after the cursor. */
export async function* untilClosingQuote(
	chunks: TextStream,
	{ lineBefore, lineAfter }: Pick<FilterPlace, "lineBefore" | "lineAfter">,
): AsyncGenerator<string> {
	const { quote } = new BracketScanner(lineBefore);
	if (quote === "" || !lineAfter.startsWith(quote)) {
		yield* chunks;
		return;
	}
	let isEscaped = false;
	for await (const chunk of chunks)
		for (const char of chunk) {
			if (char === quote && !isEscaped) return;
			isEscaped = char === "\\" && !isEscaped;
			yield char;
		}
}

/** Ends before a bracket that closes one before the suggestion, if that bracket is already after the cursor. */
export async function* untilClosedBySuffix(
	chunks: TextStream,
	{ lineBefore, lineAfter }: Pick<FilterPlace, "lineBefore" | "lineAfter">,
): AsyncGenerator<string> {
	const closer = lineAfter.trimStart()[0];
	if (closer === undefined || !")]}".includes(closer)) {
		yield* chunks;
		return;
	}
	const scanner = new BracketScanner(lineBefore);
	for await (const chunk of chunks)
		for (const char of chunk) {
			if (scanner.read(char) && char === closer) return;
			yield char;
		}
}

/** Ends before a bracket that closes neither one in the suggestion nor one that is open at the cursor and not closed below. */
export async function* untilUnmatchedCloser(
	chunks: TextStream,
	{
		lineBefore,
		openBrackets,
		languageId,
	}: Pick<FilterPlace, "lineBefore" | "openBrackets" | "languageId">,
): AsyncGenerator<string> {
	if (!openBrackets) {
		yield* chunks;
		return;
	}
	const open: Record<string, number> = { ...openBrackets };
	const scanner = new BracketScanner(lineBefore);
	let line = lineBefore;
	for await (const chunk of chunks)
		for (const char of chunk) {
			line = char === "\n" ? "" : line + char;
			if (!isCommentLine(line, languageId) && scanner.read(char)) {
				const left = open[char] ?? 0;
				if (left === 0) return;
				open[char] = left - 1;
			}
			yield char;
		}
}
