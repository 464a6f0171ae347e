/** Near-duplicate detection between pieces of code, by their lines. */

/** From LVIM, which drops snippets that share more than half with the text around the cursor: models repeat such text. */
const maxOverlap = 0.5;
/** A line with fewer letters and digits, such as `} else {`, is in any code. */
const minLetters = 5;

/** The distinct lines of a text, without those that any code has. */
export function significantLines(text: string): ReadonlySet<string> {
	return new Set(
		text
			.split(/\r\n|\r|\n/)
			.map((line) => line.trim())
			.filter(
				(line) => (line.match(/[\p{L}\p{N}]/gu) ?? []).length >= minLetters,
			),
	);
}

/**
 * Whether the overlap coefficient, shared lines over lines of the smaller text, is more than a half. Not the Jaccard index, which would be
 * only a third for a piece that is contained in a text of three times its length. Lines rather than words, because ranking looks for code
 * that shares many words.
 */
export function areNearDuplicates(
	a: ReadonlySet<string>,
	b: ReadonlySet<string>,
): boolean {
	const [small, large] = a.size <= b.size ? [a, b] : [b, a];
	let shared = 0;
	for (const line of small) if (large.has(line)) shared++;
	return shared > small.size * maxOverlap;
}
