/** A text that may go on: what of it will stay. */

import { CodeScanner } from "../text/codeScanner.ts";
import { cutPlace, minShownChars } from "../text/cutPlace.ts";

const wordCharacter = /[\p{L}\p{N}\p{M}_$]/u;

/**
 * The text up to the end of its last finished word, on its first line, and not inside a string that it begins. A closing bracket that nothing in
 * the text opens is left out, with all behind it: the document may have it already.
 *
 * @param typedChars how much of the text is typed already.
 */
export function knownWords(
	text: string,
	languageId: string,
	typedChars = 0,
): string {
	const [line = ""] = /^\s*[^\n]*/.exec(text) ?? [];
	const scanner = new CodeScanner(languageId);
	let end = 0;
	while (end < line.length && !scanner.read(line[end] ?? "")) end++;
	// The last word may go on, and what comes after it may belong to it.
	if (end === text.length)
		while (end > 0 && wordCharacter.test(line[end - 1] ?? "")) end--;
	const known = line.slice(
		0,
		cutPlace(line.slice(0, end), end, typedChars, languageId),
	);
	return known.trim().length < minShownChars ? "" : known;
}
