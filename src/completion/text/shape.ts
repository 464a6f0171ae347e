/**
 * How much to suggest: the rest of a line, the block that begins here, or the body between two brackets on the same line, where the editor
 * has inserted the second one. By syntax where there is a grammar, else by the ends of the lines.
 */

import type { CursorSyntax } from "../syntax/cursorSyntax.ts";
import { isCommentLine, opensBody } from "./languageSyntax.ts";

export type SuggestionShape = "line" | "block" | "body";

/** Without parentheses: arguments usually stay on one line. */
const closerOf: Readonly<Record<string, string>> = { "{": "}", "[": "]" };

export function suggestionShape({
	languageId,
	lineBefore,
	lineAfter,
	textBefore,
	syntax,
}: {
	readonly languageId: string;
	readonly lineBefore: string;
	readonly lineAfter: string;
	/** The document before the cursor, or only the end of that. */
	readonly textBefore: string;
	readonly syntax?: CursorSyntax | undefined;
}): SuggestionShape {
	if (isCommentLine(lineBefore, languageId)) return "line";
	if (lineAfter.trim() !== "") {
		const closer = closerOf[lineBefore.trimEnd().at(-1) ?? ""];
		// Only punctuation may follow: `{})`, `{});`, but not `{} else`.
		return closer === lineAfter.trim()[0] &&
			!/[\p{L}\p{M}\p{N}_"'`]/u.test(lineAfter)
			? "body"
			: "line";
	}
	const isBodyStart = syntax?.isAtBodyStart();
	if (isBodyStart !== undefined) return isBodyStart ? "block" : "line";
	if (opensBody(lineBefore, languageId)) return "block";
	if (lineBefore.trim() !== "") return "line";
	// A blank line is the start of a body if the last line that is not blank opens one.
	const above = textBefore.trimEnd();
	return above === "" || opensBody(lastLine(above), languageId)
		? "block"
		: "line";
}

function lastLine(text: string): string {
	return text.slice(text.lastIndexOf("\n") + 1);
}
