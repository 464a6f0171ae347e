/** What precedes a cursor, as far as it tells whether that is inside a string or a comment. */

import { type DocumentSnapshot, lineBefore } from "./documentContext.ts";
import { languageText } from "./stringSyntax.ts";

/** A line of a long comment, as most are written. */
const starred = /^\s*\*(?=\s|$)/;

/**
 * The line, which tells more reliably than all that is above it: one quote too many there, and code would be taken for text and text for
 * code. A line of a long comment is preceded by the marker of that.
 */
export function codeBefore({
	text,
	offset,
	languageId,
}: Pick<DocumentSnapshot, "text" | "offset" | "languageId">): string {
	const line = lineBefore(text, offset);
	const [open, close] =
		languageText(languageId).blockComments.find(([it]) => it === "/*") ?? [];
	return open !== undefined && close !== undefined && starred.test(line)
		? open + line
		: line;
}
