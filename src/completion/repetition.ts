/** Small models fall into loops: `"a", "a", "a", "a"`. */

/** A loop is this many times the same in a row ... */
const times = 4;
/** ... and at least this long altogether, so that `0000` passes. Rules such as `-----` are no loops at any length. */
const leastChars = 12;
const longestPeriod = 80;

/** Where the text begins to repeat itself up to its end: after the first of the repeated pieces. Undefined where it does not. */
export function loopStart(text: string): number | undefined {
	for (
		let period = 1;
		period <= longestPeriod && period * times <= text.length;
		period++
	) {
		let start = text.length - period;
		while (start > 0 && text[start - 1] === text[start - 1 + period]) start--;
		const length = text.length - start;
		if (
			length >= period * times &&
			length >= leastChars &&
			/\w/.test(text.slice(start, start + period))
		)
			return start + period;
	}
	return undefined;
}

/** The whole lines before the one in which the text falls into a loop; all of it where it does not. */
export function withoutLoop(text: string): string {
	const start = loopStart(text);
	return start === undefined
		? text
		: text.slice(0, Math.max(0, text.lastIndexOf("\n", start - 1)));
}
