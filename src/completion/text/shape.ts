/**
 * How much to suggest: the rest of a line, the block that begins here, or the body between two brackets on the same line, where the editor
 * has inserted the second one.
 */

import { isCommentLine, opensBody } from "./languageSyntax.ts";

export type SuggestionShape = "line" | "block" | "body";

/** Without parentheses: arguments usually stay on one line. */
const closerOf: Readonly<Record<string, string>> = { "{": "}", "[": "]" };

export function suggestionShape({
	languageId,
	lineBefore,
	lineAfter,
	textBefore,
}: {
	readonly languageId: string;
	readonly lineBefore: string;
	readonly lineAfter: string;
	/** The document before the cursor, or only the end of that. */
	readonly textBefore: string;
}): SuggestionShape {
	if (isCommentLine(lineBefore, languageId)) return "line";
	if (lineAfter.trim() !== "") {
		const closer = closerOf[lineBefore.trimEnd().at(-1) ?? ""];
		// Only punctuation may follow: `{})`, `{});`, but not `{} else`.
		return closer === lineAfter.trim()[0] && !/[\w"'`]/.test(lineAfter)
			? "body"
			: "line";
	}
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
