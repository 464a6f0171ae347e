/** What comes of a question: a text to show, or why there is none; and where it was asked. */

import type { NoSuggestionReason } from "../reasons/reasons.ts";
import type { CompletionWork } from "../request/getCompletion.ts";
import type { DocumentSnapshot } from "../text/documentContext.ts";

export interface FoundSuggestion {
	readonly kind: "suggestion";
	readonly text: string;
	readonly source: "engine" | "cache";
	/** Of the request that brought it. */
	readonly requestId: string;
	/** Undefined where nothing was asked of the engine, or where the rest of the answer is still to come. */
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

/** Where a request was made. Equal places have equal answers. */
export interface Place {
	readonly uri: string;
	readonly version: number;
	readonly offset: number;
}

export function placeOf({ uri, version, offset }: DocumentSnapshot): Place {
	return { uri, version, offset };
}

export function samePlace(a: Place, b: Place): boolean {
	return a.uri === b.uri && a.version === b.version && a.offset === b.offset;
}
