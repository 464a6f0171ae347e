/** The result of a completion request: a text to show, or the reason why there is none; and the place of the request. */

import type { Piece } from "../confidence/pieces.ts";
import type { NoSuggestionReason } from "../reasons/reasons.ts";
import type {
	CompletionResult,
	CompletionWork,
} from "../request/getCompletion.ts";
import type { DocumentSnapshot } from "../text/documentContext.ts";
import type { FoundAnswer } from "./answerCache.ts";

export interface FoundSuggestion {
	readonly kind: "suggestion";
	readonly text: string;
	/** The whole answer with its probabilities. */
	readonly pieces: readonly Piece[];
	/** How many characters of the pieces come before the text. */
	readonly typedChars: number;
	/** False where more may come: a first line, or first words. */
	readonly isWhole: boolean;
	readonly source: "engine" | "cache";
	/** Of the request to the engine that produced the text. */
	readonly requestId: string;
	/** Undefined for a cache hit, and for the beginning of an answer that is still being generated. */
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
	const { kind, text, pieces } = result;
	return {
		kind,
		text,
		pieces,
		typedChars: 0,
		isWhole: isWholeAnswer(result),
		requestId,
		source: "engine",
		work,
	};
}

/** Generation that stopped because the rest was unsure may go on. */
export function isWholeAnswer(
	result: CompletionResult & { readonly kind: "suggestion" },
): boolean {
	return result.end !== "unsure";
}

export function fromCache({
	text,
	pieces,
	typedChars,
	requestId,
	isWhole,
}: Omit<FoundAnswer, "isPrepended">): FoundSuggestion {
	return {
		kind: "suggestion",
		text,
		pieces,
		typedChars,
		isWhole,
		requestId,
		source: "cache",
		work: undefined,
	};
}

/** Where a request was made. Equal places have equal answers. */
export interface Place {
	readonly uri: string;
	readonly version: number;
	/** Of the cursor in the document, in UTF-16 units. */
	readonly offset: number;
}

export function placeOf({
	uri,
	version,
	offset,
	start = 0,
}: DocumentSnapshot): Place {
	return { uri, version, offset: start + offset };
}

export function samePlace(a: Place, b: Place): boolean {
	return a.uri === b.uri && a.version === b.version && a.offset === b.offset;
}

/** Whether the text and the cursor are equal. The version may differ. */
export function isSameText(a: DocumentSnapshot, b: DocumentSnapshot): boolean {
	return a.uri === b.uri && a.offset === b.offset && a.text === b.text;
}
