/** When two lines say the same. */

/** Spaces, and the mark at the end that a model likes to forget, make no other line. */
export function isSame(a: string, b: string): boolean {
	return bare(a) === bare(b);
}

function bare(line: string): string {
	return line.trim().replace(/[;,]$/, "").replace(/\s+/g, " ");
}

/** Continue's figure: a tenth of the longer line. */
const mostDistance = 0.1;
/** Between short lines one letter is a difference. */
const leastLetters = 5;

/** Longer lines are data, and comparing them takes time by the square of their length. */
const mostCompared = 200;

/** Whether a few characters tell the lines apart, and not only digits: those are what tells lines of data apart. */
export function isNearly(a: string, b: string): boolean {
	const [left, right] = [bare(a), bare(b)];
	const length = Math.max(left.length, right.length);
	return (
		length <= mostCompared &&
		left !== right &&
		letters(left) >= leastLetters &&
		letters(right) >= leastLetters &&
		left.replace(/\d+/g, "0") !== right.replace(/\d+/g, "0") &&
		Math.abs(left.length - right.length) < length * mostDistance &&
		editDistance(left, right) < length * mostDistance
	);
}

function letters(line: string): number {
	return line.match(/\p{L}/gu)?.length ?? 0;
}

/** Characters to insert, delete or replace: Levenshtein's distance. */
export function editDistance(a: string, b: string): number {
	let row = [...b, ""].map((_, index) => index);
	for (const [i, char] of [...a].entries()) {
		const next = [i + 1];
		for (const [j, other] of [...b].entries())
			next.push(
				Math.min(
					(next[j] ?? 0) + 1,
					(row[j + 1] ?? 0) + 1,
					(row[j] ?? 0) + (char === other ? 0 : 1),
				),
			);
		row = next;
	}
	return row.at(-1) ?? 0;
}
