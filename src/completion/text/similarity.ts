/** When two lines say the same. */

/** Spaces, and the mark at the end that a model likes to forget, make no other line. */
export function isSame(a: string, b: string): boolean {
	return bare(a) === bare(b);
}

function bare(line: string): string {
	return line.trim().replace(/[;,]$/, "").replace(/\s+/g, " ");
}

/** Continue's figure: a tenth of the longer line. */
const maxDistance = 0.1;
/** Between short lines one letter is a difference. */
const minLetters = 5;

/** Longer lines are data, and comparing them takes time by the square of their length. */
const maxCompared = 200;

/** Whether a few characters tell the lines apart, and not only digits: those are what tells lines of data apart. */
export function isNearly(a: string, b: string): boolean {
	const [left, right] = [bare(a), bare(b)];
	const length = Math.max(left.length, right.length);
	return (
		length <= maxCompared &&
		left !== right &&
		letters(left) >= minLetters &&
		letters(right) >= minLetters &&
		left.replace(/\d+/g, "0") !== right.replace(/\d+/g, "0") &&
		Math.abs(left.length - right.length) < length * maxDistance &&
		editDistance([...left], [...right]) < length * maxDistance
	);
}

function letters(line: string): number {
	return line.match(/\p{L}/gu)?.length ?? 0;
}

/** Insertions, deletions and replacements from one list to the other: Levenshtein's distance. */
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
