/** Detects repetition, in any script. Small models run into loops: `"a", "a", "a", "a"`. */

import { hasWord, letterCount, widthOf, withoutNumbers } from "./words.ts";

/** A loop is at least this many repetitions in a row ... */
const minRepetitions = 4;
/** ... of at least this width in total, so that `0000` passes. A horizontal rule such as `-----` is never a loop. */
const minWidth = 12;
const maxPeriod = 80;

/** The offset after the first of the repeated pieces, if the end of the text is a loop; otherwise undefined. */
export function loopStart(text: string): number | undefined {
	for (
		let period = 1;
		period <= maxPeriod && period * minRepetitions <= text.length;
		period++
	) {
		let start = text.length - period;
		while (start > 0 && text[start - 1] === text[start - 1 + period]) start--;
		const length = text.length - start;
		if (
			length >= period * minRepetitions &&
			widthOf(text.slice(start)) >= minWidth &&
			// A period may begin inside a pair of surrogates.
			isWorded(text.slice(start, start + 2 * period))
		)
			return start + period;
	}
	return undefined;
}

/** Emoji count as words: a model may repeat those, too. */
function isWorded(text: string): boolean {
	return hasWord(text) || /\p{Emoji_Presentation}/u.test(text);
}

/** The lines before the one in which the text runs into a loop; the whole text if it does not. */
export function withoutLoop(text: string): string {
	const start = loopStart(text);
	return start === undefined
		? text
		: text.slice(0, Math.max(0, text.lastIndexOf("\n", start - 1)));
}

/** Lines that differ only in their numbers are data. Up to this many are plausible; more are a model that counts. */
const maxCountingLines = 4;
/** Two equal lines in a row are plausible in a test or a table, three are not. A block of several lines must not repeat at all. */
const maxEqualLines = 2;

/**
 * The number of lines before the repetition: a line for the third time in a row (of which one is kept), the same block again, or a series
 * of lines that only count up. Undefined where there is none.
 */
export function repeatedFrom(lines: readonly string[]): number | undefined {
	const trimmed = lines.map((line) => line.trim());
	const counted = trimmed.map((line) => withoutNumbers(line));
	for (let end = 1; end <= lines.length; end++) {
		if (runLength(trimmed, end) > maxEqualLines) return end - maxEqualLines;
		if (runLength(counted, end) > maxCountingLines) return end - 1;
		for (let size = 2; 2 * size <= end; size++) {
			const block = trimmed.slice(end - size, end);
			if (
				block.some(isSignificant) &&
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
	if (!isSignificant(last)) return 0;
	let start = end - 1;
	while (start > 0 && lines[start - 1] === last) start--;
	return end - start;
}

/** `0,` and `}` may repeat any number of times. */
function isSignificant(line: string): boolean {
	return (
		/[\p{L}\p{M}_]{2}|[\p{L}\p{M}\p{N}_]\s*\S+\s*[\p{L}\p{M}\p{N}_]/u.test(
			line,
		) || letterCount(line) > 1
	);
}
