/** Whether two pieces of code say the same. */

/** From LVIM, which drops what is more than half like the text round the cursor: models repeat such text. */
const maxAlike = 0.5;
/** A line with fewer letters and digits, such as `} else {`, is in all code. */
const minLetters = 5;

/** The distinct lines of a text that tell it from other code. */
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
 * Whether more than half of the lines of the smaller text stand in the other one. Of the smaller, because a piece that stands whole
 * in a text of three times its length is a copy, and Jaccard's measure calls it a third alike. Lines and not words, because
 * code that shares most of its words is just what ranking looks for.
 */
export function areNearDuplicates(
	a: ReadonlySet<string>,
	b: ReadonlySet<string>,
): boolean {
	const [small, large] = a.size <= b.size ? [a, b] : [b, a];
	let shared = 0;
	for (const line of small) if (large.has(line)) shared++;
	return shared > small.size * maxAlike;
}
