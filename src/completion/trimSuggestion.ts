/** The last look at a finished suggestion: what of it is worth showing. */

import { unclosedBrackets } from "./brackets.ts";
import { indentWidth } from "./indentation.ts";
import type { NoSuggestionReason } from "./reasons.ts";
import { withoutLoop } from "./repetition.ts";

export type TrimmedSuggestion =
	| { readonly kind: "suggestion"; readonly text: string }
	| { readonly kind: "none"; readonly reason: NoSuggestionReason };

export function trimSuggestion(
	raw: string,
	{
		lineBefore,
		lineAfter,
		nextLine,
	}: {
		/** The current line up to the cursor. */
		readonly lineBefore: string;
		/** The current line behind the cursor. */
		readonly lineAfter: string;
		/** The next line behind the cursor that is not blank. */
		readonly nextLine: string;
	},
): TrimmedSuggestion {
	if (raw === "") return none({ kind: "empty" });
	if (raw.trim() === "") return none({ kind: "filtered", filter: "blank" });
	const unlooped = withoutLoop(raw);
	if (unlooped.trim() === "") return none({ kind: "filtered", filter: "loop" });
	const text = withoutOverlap(
		unlooped.trimEnd(),
		lineAfter.trimEnd(),
		lineBefore,
	);
	if (text.trim() === "")
		return none({ kind: "filtered", filter: "repeatsSuffix" });
	if (
		text.trim() === nextLine.trim() &&
		// A lone bracket closes many blocks: it is the one below where it would stand in the same column.
		(/\w/.test(nextLine) || indentWidth(lineBefore) === indentWidth(nextLine))
	)
		return none({ kind: "filtered", filter: "repeatsSuffix" });
	return { kind: "suggestion", text };
}

/** Cuts the longest end of the text that is the start of what follows, but no bracket that closes one of the text's own. */
function withoutOverlap(
	text: string,
	following: string,
	lineBefore: string,
): string {
	const unclosed = unclosedBrackets(text, lineBefore);
	for (
		let length = Math.min(text.length, following.length);
		length > 0;
		length--
	) {
		if (!text.endsWith(following.slice(0, length))) continue;
		const rest = text.slice(0, text.length - length);
		if (unclosedBrackets(rest, lineBefore) <= unclosed) return rest;
	}
	return text;
}

function none(reason: NoSuggestionReason): TrimmedSuggestion {
	return { kind: "none", reason };
}
