/** Small models fall into loops: `"a", "a", "a", "a"`. */

/** A loop is this many times the same in a row ... */
const times = 4;
/** ... and at least this long altogether, so that `0000` passes. Rules such as `-----` are no loops at any length. */
const minChars = 12;
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
			length >= minChars &&
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

/** Lines that differ only in their numbers are data; so many of them show that they are, and more are a model that counts. */
const maxCounted = 4;
/** A line twice is no accident in a test or a table; three times it is. A block of several lines is one the second time. */
const maxEqual = 2;

/**
 * How many of the lines stand before the first that only repeats: a line for the third time in a row (of which one is kept), the same
 * block again, or one more of a series that only counts. Undefined where none does.
 */
export function repeatedFrom(lines: readonly string[]): number | undefined {
	const trimmed = lines.map((line) => line.trim());
	const counted = trimmed.map((line) => line.replace(/\d+/g, "0"));
	for (let end = 1; end <= lines.length; end++) {
		if (runLength(trimmed, end) > maxEqual) return end - maxEqual;
		if (runLength(counted, end) > maxCounted) return end - 1;
		for (let size = 2; 2 * size <= end; size++) {
			const block = trimmed.slice(end - size, end);
			if (
				block.some(saysSomething) &&
				new Set(block).size > 1 &&
				block.every((line, index) => line === trimmed[end - 2 * size + index])
			)
				return end - size;
		}
	}
	return undefined;
}

function runLength(lines: readonly string[], end: number): number {
	const last = lines[end - 1] ?? "";
	if (!saysSomething(last)) return 0;
	let start = end - 1;
	while (start > 0 && lines[start - 1] === last) start--;
	return end - start;
}

/** `0,` and `}` may stand below one another any number of times. */
function saysSomething(line: string): boolean {
	return /[A-Za-z_]{2}|\w\s*\S+\s*\w/.test(line);
}
