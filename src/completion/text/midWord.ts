/** A suggestion inside a word would split it: only explicit requests are answered there. */

import type { DocumentSnapshot } from "./documentContext.ts";

const wordCharacter = /[\p{L}\p{N}\p{M}_$]/u;

/** Whether there are word characters directly on both sides of the cursor. */
export function isMidWord({
	text,
	offset,
}: Pick<DocumentSnapshot, "text" | "offset">): boolean {
	// Two UTF-16 units on each side, for characters outside of the basic plane.
	const left = [...text.slice(Math.max(0, offset - 2), offset)].at(-1) ?? "";
	const right = [...text.slice(offset, offset + 2)][0] ?? "";
	return wordCharacter.test(left) && wordCharacter.test(right);
}
