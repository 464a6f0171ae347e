/** The difference of two texts as tree-sitter wants to be told of it. */

interface Point {
	readonly row: number;
	readonly column: number;
}

interface TextEdit {
	readonly startIndex: number;
	readonly oldEndIndex: number;
	readonly newEndIndex: number;
	readonly startPosition: Point;
	readonly oldEndPosition: Point;
	readonly newEndPosition: Point;
}

/** One edit that spans all differences. */
export function textEdit(before: string, after: string): TextEdit {
	const shorter = Math.min(before.length, after.length);
	let start = 0;
	while (start < shorter && before[start] === after[start]) start++;
	let same = 0;
	while (
		same < shorter - start &&
		before[before.length - 1 - same] === after[after.length - 1 - same]
	)
		same++;
	const oldEndIndex = before.length - same;
	const newEndIndex = after.length - same;
	return {
		startIndex: start,
		oldEndIndex,
		newEndIndex,
		startPosition: pointAt(before, start),
		oldEndPosition: pointAt(before, oldEndIndex),
		newEndPosition: pointAt(after, newEndIndex),
	};
}

function pointAt(text: string, index: number): Point {
	let row = 0;
	let lineStart = 0;
	for (;;) {
		const end = text.indexOf("\n", lineStart);
		if (end < 0 || end >= index) return { row, column: index - lineStart };
		row++;
		lineStart = end + 1;
	}
}
