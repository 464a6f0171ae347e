/** Cuts a suggestion before a name, at the end of a line that leaves nothing open. */

import { unclosedBrackets } from "../text/brackets.ts";

/** Where a suggestion is made. */
export interface CodePlace {
	readonly languageId: string;
	/** See `codeBefore`. */
	readonly codeBefore: string;
}

/** A line that ends like this wants another one. */
const goesOn = /[,:=+\-*/&|<>?.([{]$|\b(?:and|or|not|in|is|return|else)$/;

/** The whole lines before the one with the name, without those that open what they do not close. Empty where none is left. */
export function cutBefore(
	suggestion: string,
	start: number,
	{ codeBefore, languageId }: CodePlace,
): string {
	let end = suggestion.lastIndexOf("\n", start - 1);
	for (; start > 0 && end > 0; end = suggestion.lastIndexOf("\n", end - 1)) {
		const kept = suggestion.slice(0, end).trimEnd();
		if (
			kept.trim() !== "" &&
			!goesOn.test(kept) &&
			unclosedBrackets(kept, codeBefore, languageId) === 0
		)
			return kept;
	}
	return "";
}
