/** Where a suggestion may be cut that goes on, so that its beginning is worth accepting. */

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
): number {
	let at = wordEnd(text, stringStart(text, end, typedChars) ?? end);
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

/** As `f` and `rb` in Python. A quote behind a longer word is an apostrophe. */
const maxPrefixChars = 2;

/** Where the string literal around `end` starts, with its prefix; undefined outside of one. A quote that its line does not close starts none. */
function stringStart(
	text: string,
	end: number,
	typedChars: number,
): number | undefined {
	let quote = "";
	let start = 0;
	let quoteAt = 0;
	for (let at = text.lastIndexOf("\n", end - 1) + 1; at < text.length; at++) {
		const char = text[at] ?? "";
		if (char === "\n" || (at >= end && quote === "")) return undefined;
		if (char === "\\") at++;
		else if (char === quote) {
			if (at >= end) break;
			quote = "";
		} else if (quote === "" && "\"'`".includes(char)) {
			start = wordStart(text, at);
			if (at - start > maxPrefixChars && char === "'") continue;
			quote = char;
			quoteAt = at;
		}
	}
	return quote !== "" && quoteAt >= typedChars ? start : undefined;
}
