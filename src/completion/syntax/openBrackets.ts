/** The brackets that a text leaves open, outside of its strings and comments. */

import { CodeScanner, closerOf } from "../text/codeScanner.ts";
import { languageText } from "../text/stringSyntax.ts";

export interface Brackets {
	/** The closers of the open brackets, outermost first. */
	readonly open: readonly string[];
	/** How many of those that were open before are still open. */
	readonly kept: number;
	/** Closers of more brackets than were open. */
	readonly surplus: number;
}

const closers = new Set(Object.values(closerOf));

/** @param before the closers of what is open where the text begins. */
export function bracketsAfter(
	text: string,
	languageId: string,
	before: readonly string[] = [],
): Brackets {
	const scanner = new CodeScanner(languageId);
	const open = [...before];
	let kept = before.length;
	let surplus = 0;
	for (let at = 0; at < text.length; at++) {
		const char = text[at] ?? "";
		const isCode = scanner.isAtTop;
		scanner.read(char);
		if (!isCode || !scanner.isAtTop) continue;
		const closer = closerOf[char];
		if (closer !== undefined) open.push(closer);
		else if (closers.has(char) && open.pop() === undefined) surplus++;
		kept = Math.min(kept, open.length);
	}
	return { open, kept, surplus };
}

/** Whether the text ends inside a string or a comment of several lines. */
export function endsInText(text: string, languageId: string): boolean {
	const scanner = new CodeScanner(languageId);
	scanner.readAll(text);
	return (
		scanner.isInLongText &&
		// A text without quotes may hold any number of them.
		(scanner.isInComment || !languageText(languageId).hasHeredocs)
	);
}
