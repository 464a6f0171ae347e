/** Decides whether a closing tag without an opening one ends reasoning, or is a part of an answer about such tags. */

import { reasoningPairs } from "./reasoningTags.ts";

/**
 * It does at the end of a line, outside of code, and where the text before says nothing of the opening tag.
 *
 * @param after up to the end of the line at least, unless it has other text.
 */
export function isClosingTag(
	before: string,
	tag: string,
	after: string,
): boolean {
	const opening = reasoningPairs.find(([, closing]) => closing === tag)?.[0];
	return (
		/^\s*(?:\n|$)/.test(after) &&
		!before.endsWith("`") &&
		(opening === undefined || !before.includes(opening)) &&
		!isInFence(before)
	);
}

function isInFence(text: string): boolean {
	const fences = text.split("\n").filter((it) => /^\s*(?:```|~~~)/.test(it));
	return fences.length % 2 === 1;
}
