/** Splits code into names, punctuation and line ends, without strings, numbers and comments. */

import { CodeScanner } from "../text/codeScanner.ts";

export interface Token {
	readonly kind: "name" | "punctuation";
	readonly text: string;
	/** In UTF-16 units, like `end`, which is exclusive. */
	readonly start: number;
	readonly end: number;
	/** A private member of a class: `#name`, whose text is `name`. */
	readonly isPrivate: boolean;
}

/** In order: the first that matches counts. */
const patterns: readonly (readonly [RegExp, Token["kind"] | "skipped"])[] = [
	[/[ \t\r]+/y, "skipped"],
	[/\d[\p{L}\p{N}_]*(?:\.\d[\p{L}\p{N}_]*)?/uy, "skipped"],
	[/[#@]?[\p{L}_$][\p{L}\p{N}_$]*/uy, "name"],
	[/=>|\?\.|\.\.\.?|===?|!==?|<=|>=|:=|::|->/y, "punctuation"],
	[/[\s\S]/uy, "punctuation"],
];

export function tokensOf(text: string, languageId: string): Token[] {
	const code = codeOnly(text, languageId);
	const tokens: Token[] = [];
	for (let at = 0; at < code.length; ) at = pushed(code, at, tokens);
	return tokens;
}

/** With blanks in place of strings, comments and regular expressions, also of the code inside of strings. */
function codeOnly(text: string, languageId: string): string {
	const scanner = new CodeScanner(languageId);
	const code: string[] = [];
	for (let at = 0; at < text.length; at++) {
		const char = text[at] ?? "";
		const wasCode = scanner.isAtTop;
		scanner.read(char);
		const isCode = scanner.isAtTop;
		// The beginning of a marker looked like punctuation.
		if (wasCode && scanner.isInComment)
			code.fill(" ", Math.max(0, at + 1 - scanner.markerLength));
		code.push(isCode && (wasCode || char === "\n") ? char : " ");
	}
	return code.join("");
}

/** Adds the token that starts here, if it is one that counts. @returns where it ends. */
function pushed(text: string, start: number, tokens: Token[]): number {
	for (const [pattern, kind] of patterns) {
		pattern.lastIndex = start;
		const found = pattern.exec(text)?.[0];
		if (found === undefined) continue;
		const end = start + found.length;
		if (kind !== "skipped") {
			// Private members and decorators: the mark is not part of the name.
			const mark = kind === "name" && /^[#@]/.test(found) ? 1 : 0;
			tokens.push({
				kind,
				text: found.slice(mark),
				start: start + mark,
				end,
				isPrivate: found.startsWith("#") && mark === 1,
			});
		}
		return end;
	}
	return start + 1;
}
