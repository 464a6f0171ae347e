/** The result of a completion request: a text to show, or the reason why there is none; and the place of the request. */

import type { NoSuggestionReason } from "../reasons/reasons.ts";
import type {
	CompletionResult,
	CompletionWork,
} from "../request/getCompletion.ts";
import type { DocumentSnapshot } from "../text/documentContext.ts";

export interface FoundSuggestion {
	readonly kind: "suggestion";
	readonly text: string;
	readonly source: "engine" | "cache";
	/** Of the request to the engine that produced the text. */
	readonly requestId: string;
	/** Undefined for a cache hit, and for the first line of an answer that is still being generated. */
	readonly work: CompletionWork | undefined;
}

export interface NoSuggestion {
	readonly kind: "none";
	readonly reason: NoSuggestionReason;
	readonly work: CompletionWork | undefined;
}

export type SuggestionResult = FoundSuggestion | NoSuggestion;

export function noSuggestion(
	reason: NoSuggestionReason,
	work?: CompletionWork,
): NoSuggestion {
	return { kind: "none", reason, work };
}

export function suggestionResult(result: CompletionResult): SuggestionResult {
	const { requestId, stats, firedFilters } = result;
	// Without the text: that is the user's.
	const work: CompletionWork = { requestId, stats, firedFilters };
	if (result.kind === "none") return noSuggestion(result.reason, work);
	const { kind, text } = result;
	return { kind, text, requestId, source: "engine", work };
}

/** Where a request was made. Equal places have equal answers. */
export interface Place {
	readonly uri: string;
	readonly version: number;
	/** Of the cursor, in UTF-16 units. */
	readonly offset: number;
}

export function placeOf({ uri, version, offset }: DocumentSnapshot): Place {
	return { uri, version, offset };
}

export function samePlace(a: Place, b: Place): boolean {
	return a.uri === b.uri && a.version === b.version && a.offset === b.offset;
}
