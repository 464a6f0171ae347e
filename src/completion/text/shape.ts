/**
 * How much to suggest: the rest of a line, the block that begins here, or the body between two brackets that stand on one
 * line, as the editor puts them there when the first is typed.
 */

import { isCommentLine, opensBody } from "./languages.ts";

export type SuggestionShape = "line" | "block" | "body";

/** Arguments mostly stay on their line, so parentheses are not among them. */
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
	/** The document before the cursor, or the end of it. */
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
	// A blank line is the start of a body where the last line with something on it opened one.
	const above = textBefore.trimEnd();
	return above === "" || opensBody(lastLine(above), languageId)
		? "block"
		: "line";
}

function lastLine(text: string): string {
	return text.slice(text.lastIndexOf("\n") + 1);
}
