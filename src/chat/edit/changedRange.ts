/** The smallest range that differs between two texts, so that decorations and cursors outside of it stay in place. */

export interface ChangedRange {
	/** In UTF-16 units of the old text. */
	readonly start: number;
	readonly end: number;
	readonly text: string;
}

export function changedRange(before: string, after: string): ChangedRange {
	const shorter = Math.min(before.length, after.length);
	let start = 0;
	while (start < shorter && before[start] === after[start]) start++;
	while (splits(before, start) || splits(after, start)) start--;
	let same = 0;
	while (
		same < shorter - start &&
		before[before.length - 1 - same] === after[after.length - 1 - same]
	)
		same++;
	while (
		splits(before, before.length - same) ||
		splits(after, after.length - same)
	)
		same--;
	return {
		start,
		end: before.length - same,
		text: after.slice(start, after.length - same),
	};
}

/** Whether the offset splits a surrogate pair or a CRLF. */
function splits(text: string, at: number): boolean {
	const pair = text.slice(at - 1, at + 1);
	return pair === "\r\n" || /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(pair);
}
