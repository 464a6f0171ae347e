/** Looks for tags in text that is not complete yet. */

/** The text up to the first tag, or up to a possible start of one at the end. */
export function untilTag(
	text: string,
	tags: readonly string[],
): { readonly text: string; readonly tag?: string } {
	let first: { readonly at: number; readonly tag: string } | undefined;
	for (const tag of tags) {
		const at = text.indexOf(tag);
		if (at >= 0 && (!first || at < first.at)) first = { at, tag };
	}
	if (first) return { text: text.slice(0, first.at), tag: first.tag };
	const heldLength = Math.max(0, ...tags.map((tag) => begunLength(text, tag)));
	return { text: text.slice(0, text.length - heldLength) };
}

/** The length of the prefix of the tag that the text ends with. */
function begunLength(text: string, tag: string): number {
	for (let length = Math.min(tag.length - 1, text.length); length > 0; length--)
		if (text.endsWith(tag.slice(0, length))) return length;
	return 0;
}
