/** Where a suggestion may be cut that goes on, so that its beginning is worth accepting. */

import { CodeScanner } from "./codeScanner.ts";

/** Less takes longer to read than to type, and a missing letter in gray looks as if it were there. */
export const minShownChars = 3;

const inWord = /[\p{L}\p{M}\p{N}_$]/u;

/**
 * The last place up to `end` that is not inside a word or a string literal that the suggestion begins, nor right behind a bracket that it
 * opens; without the white space before it.
 *
 * @param text from the start of the suggestion; of a string, it may not have the end yet.
 * @param typedChars what is typed already is no part to cut.
 */
export function cutPlace(
	text: string,
	end: number,
	typedChars: number,
	languageId: string,
): number {
	const start = stringStart(text, end, typedChars, languageId);
	let at = wordEnd(text, start ?? end);
	while (at > typedChars && "([{".includes(text[at - 1] ?? ""))
		at = wordEnd(text, at - 1);
	return at;
}

function wordEnd(text: string, end: number): number {
	let at = end;
	if (inWord.test(text[at] ?? "")) at = wordStart(text, at);
	while (at > 0 && text[at - 1]?.trim() === "") at--;
	return at;
}

function wordStart(text: string, end: number): number {
	let at = end;
	while (at > 0 && inWord.test(text[at - 1] ?? "")) at--;
	return at;
}

/** Where the string literal around `end` starts, with its prefix; undefined outside of one. A quote that its line does not close starts none. */
function stringStart(
	text: string,
	end: number,
	typedChars: number,
	languageId: string,
): number | undefined {
	const scanner = new CodeScanner(languageId);
	let quoteAt: number | undefined;
	let wasIn = false;
	for (let at = text.lastIndexOf("\n", end - 1) + 1; at < text.length; at++) {
		const char = text[at] ?? "";
		if (char === "\n" || (at >= end && !wasIn)) return undefined;
		scanner.read(char);
		const isIn = !scanner.isAtTop && !scanner.isInComment;
		if (isIn && !wasIn) quoteAt = at;
		if (!isIn && wasIn) {
			if (at >= end) break;
			quoteAt = undefined;
		}
		wasIn = isIn;
	}
	return quoteAt !== undefined && quoteAt >= typedChars
		? wordStart(text, quoteAt)
		: undefined;
}
