/** Upper and lower case, as Python changes it. */

export function capitalized(text: string): string {
	const [first = "", ...rest] = text;
	return first.toUpperCase() + rest.join("").toLowerCase();
}

/** Each run of letters begins with a capital. */
export function titleCased(text: string): string {
	return text.replace(/\p{L}+/gu, capitalized);
}

/** At spaces, hyphens and brackets, as the filter of Jinja does it. */
export function wordsCapitalized(text: string): string {
	return text.replace(
		/([-\s({[<]+)|([^-\s({[<]+)/g,
		(_, between: string | undefined, word: string) =>
			between ?? capitalized(word),
	);
}
