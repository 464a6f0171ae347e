/** Filters on brackets and quotes that are already closed. The editor inserts the closer as soon as the opener is typed. */

import { CodeScanner } from "../text/codeScanner.ts";
import type { FilterPlace } from "./filterPlace.ts";
import type { TextStream } from "./textStream.ts";

type Place = Pick<FilterPlace, "languageId" | "codeBefore" | "lineAfter">;

/** Ends before the quote that closes the string literal at the cursor, if that quote is right after the cursor. */
export async function* untilClosingQuote(
	chunks: TextStream,
	{ languageId, codeBefore, lineAfter }: Place,
): AsyncGenerator<string> {
	const scanner = new CodeScanner(languageId, codeBefore);
	const { quote } = scanner;
	if (quote === "" || !lineAfter.startsWith(quote)) {
		yield* chunks;
		return;
	}
	let text = "";
	let given = 0;
	for await (const chunk of chunks)
		for (const char of chunk) {
			text += char;
			const wasIn = !scanner.hasLeftStart;
			scanner.readAll(char);
			const hasEnded = wasIn && scanner.hasLeftStart;
			if (hasEnded && text.endsWith(quote)) {
				yield text.slice(given, text.length - quote.length);
				return;
			}
			const end = text.length - (wasIn ? beginningAtEnd(text, quote) : 0);
			if (end > given) yield text.slice(given, end);
			given = Math.max(given, end);
		}
	yield text.slice(given);
}

/** How much of the quote is at the end of the text, and may be all of it with what comes. */
function beginningAtEnd(text: string, quote: string): number {
	for (let length = quote.length - 1; length > 0; length--)
		if (text.endsWith(quote.slice(0, length))) return length;
	return 0;
}

/** Ends before a bracket that closes one before the suggestion, if that bracket is already after the cursor. */
export async function* untilClosedBySuffix(
	chunks: TextStream,
	{ languageId, codeBefore, lineAfter }: Place,
): AsyncGenerator<string> {
	const closer = lineAfter.trimStart()[0];
	if (closer === undefined || !")]}".includes(closer)) {
		yield* chunks;
		return;
	}
	const scanner = new CodeScanner(languageId, codeBefore);
	// Of a string that does not end behind the cursor, the bracket there is no part.
	const isPart =
		scanner.isInLongText ||
		scanner.isInComment ||
		scanner.quote === "" ||
		lineAfter.includes(scanner.quote);
	for await (const chunk of chunks)
		for (const char of chunk) {
			const counts = isPart || !scanner.isInText;
			if (scanner.read(char) && char === closer && counts) return;
			yield char;
		}
}

/** Ends before a bracket that closes neither one in the suggestion nor one that is open at the cursor and not closed below. */
export async function* untilUnmatchedCloser(
	chunks: TextStream,
	{
		languageId,
		codeBefore,
		openBrackets,
	}: Pick<FilterPlace, "languageId" | "codeBefore" | "openBrackets">,
): AsyncGenerator<string> {
	if (!openBrackets) {
		yield* chunks;
		return;
	}
	const open: Record<string, number> = { ...openBrackets };
	const scanner = new CodeScanner(languageId, codeBefore);
	for await (const chunk of chunks)
		for (const char of chunk) {
			const isCode = !scanner.isInText;
			if (scanner.read(char) && isCode) {
				const left = open[char] ?? 0;
				if (left === 0) return;
				open[char] = left - 1;
			}
			yield char;
		}
}
