/** The part of a long document that is completed: to join all of its lines would hold up the editor at every key. */

/** Of a document of any usual size, everything is taken. */
export const maxWholeChars = 2 * 1024 * 1024;

/** Many more lines than a prompt holds. A window begins at a multiple of it, so that it stays the same while the cursor is nearby. */
const blockLines = 1000;

export interface DocumentWindow {
	readonly startLine: number;
	/** Exclusive. */
	readonly endLine: number;
}

/** The block of the cursor's line, and those before and after it. */
export function windowAround(line: number, lineCount: number): DocumentWindow {
	const block = Math.floor(line / blockLines);
	return {
		startLine: Math.max(0, block - 1) * blockLines,
		endLine: Math.min(lineCount, (block + 2) * blockLines),
	};
}
