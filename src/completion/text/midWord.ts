/** Inside a word, a suggestion would part it: there, nothing is suggested without being asked for. */

import type { DocumentSnapshot } from "./documentContext.ts";

const wordCharacter = /[\p{L}\p{N}\p{M}_$]/u;

/** Whether word characters stand directly on both sides of the cursor. */
export function isMidWord({
	text,
	offset,
}: Pick<DocumentSnapshot, "text" | "offset">): boolean {
	// Two units on each side hold a character beyond the basic plane.
	const left = [...text.slice(Math.max(0, offset - 2), offset)].at(-1) ?? "";
	const right = [...text.slice(offset, offset + 2)][0] ?? "";
	return wordCharacter.test(left) && wordCharacter.test(right);
}
