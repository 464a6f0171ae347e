/** What of a text another one replaces: the smallest piece, so that marks and cursors outside of it stay where they are. */

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

/** Half of a character, or of a line end of Windows, is no text. */
function splits(text: string, at: number): boolean {
	const pair = text.slice(at - 1, at + 1);
	return pair === "\r\n" || /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(pair);
}
