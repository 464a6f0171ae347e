/** The last look at a finished suggestion: what of it is worth showing. */

import type { NoSuggestionReason } from "./reasons.ts";
import { withoutLoop } from "./repetition.ts";

export type TrimmedSuggestion =
	| { readonly kind: "suggestion"; readonly text: string }
	| { readonly kind: "none"; readonly reason: NoSuggestionReason };

export function trimSuggestion(
	raw: string,
	{
		lineAfter,
		nextLine,
	}: {
		/** The current line behind the cursor. */
		readonly lineAfter: string;
		/** The next line behind the cursor that is not blank. */
		readonly nextLine: string;
	},
): TrimmedSuggestion {
	if (raw === "") return none({ kind: "empty" });
	if (raw.trim() === "") return none({ kind: "blank" });
	const unlooped = withoutLoop(raw);
	if (unlooped.trim() === "") return none({ kind: "loop" });
	const text = withoutOverlap(unlooped.trimEnd(), lineAfter.trimEnd());
	if (text.trim() === "") return none({ kind: "repeatsSuffix" });
	if (/\w/.test(nextLine) && text.trim() === nextLine.trim())
		return none({ kind: "repeatsSuffix" });
	return { kind: "suggestion", text };
}

/** Cuts the longest end of the text that is the start of what follows. */
function withoutOverlap(text: string, following: string): string {
	for (
		let length = Math.min(text.length, following.length);
		length > 0;
		length--
	)
		if (text.endsWith(following.slice(0, length)))
			return text.slice(0, text.length - length);
	return text;
}

function none(reason: NoSuggestionReason): TrimmedSuggestion {
	return { kind: "none", reason };
}
