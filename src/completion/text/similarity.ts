/** Compares lines of code, or of prose in any script. */

import { letterCount, withoutNumbers } from "./words.ts";

/** Ignores spacing, and a semicolon or comma at the end, which models tend to forget. */
export function isSameLine(a: string, b: string): boolean {
	return normalized(a) === normalized(b);
}

function normalized(line: string): string {
	return line
		.trim()
		.replace(/[;,；，、。،؛]$/, "")
		.replace(/\s+/g, " ");
}

/** A tenth of the longer line, as in Continue. */
const maxDistance = 0.1;
/** In shorter lines, a single letter is a difference. */
const minLetters = 5;

/** Longer lines are data, and the comparison takes quadratic time. */
const maxCompared = 200;

/** Whether the edit distance is small. Lines that are equal, or differ only in digits, as lines of data do, are not similar. */
export function isSimilarLine(a: string, b: string): boolean {
	const [left, right] = [normalized(a), normalized(b)];
	const length = Math.max(left.length, right.length);
	return (
		length <= maxCompared &&
		left !== right &&
		letters(left) >= minLetters &&
		letters(right) >= minLetters &&
		withoutNumbers(left) !== withoutNumbers(right) &&
		Math.abs(left.length - right.length) < length * maxDistance &&
		editDistance([...left], [...right]) < length * maxDistance
	);
}

function letters(line: string): number {
	return letterCount(line.replace(/\p{N}/gu, ""));
}

/** The Levenshtein distance between two lists. */
export function editDistance(
	a: readonly string[],
	b: readonly string[],
): number {
	let row = b.map((_, index) => index + 1);
	for (const [index, item] of a.entries()) {
		let diagonal = index;
		let left = index + 1;
		row = row.map((above, column) => {
			const cost = Math.min(
				above + 1,
				left + 1,
				diagonal + (item === b[column] ? 0 : 1),
			);
			diagonal = above;
			left = cost;
			return cost;
		});
	}
	return row.at(-1) ?? a.length;
}
