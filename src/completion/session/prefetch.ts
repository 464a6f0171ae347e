/** Prefetching: the completion that follows a suggestion on screen, requested before that is accepted. */

import type { DocumentSnapshot } from "../text/documentContext.ts";
import type { RunningCompletion } from "./runningCompletion.ts";
import { typedSince } from "./typedSince.ts";

export interface Prefetch {
	/** The document in which the suggestion is shown. */
	readonly shownAt: DocumentSnapshot;
	readonly suggestion: string;
	readonly running: RunningCompletion;
}

/** The document as it will be once the suggestion is accepted. */
export function afterAccepting(
	shownAt: DocumentSnapshot,
	suggestion: string,
): DocumentSnapshot {
	const { text, offset } = shownAt;
	const inserted = text.includes("\r\n")
		? suggestion.replaceAll("\n", "\r\n")
		: suggestion;
	return {
		...shownAt,
		text: text.slice(0, offset) + inserted + text.slice(offset),
		offset: offset + inserted.length,
	};
}

/** Whether the user has typed a beginning of the suggestion, or all of it. */
export function isTypedThrough(
	{ shownAt, suggestion }: Prefetch,
	here: DocumentSnapshot,
): boolean {
	const typed = typedSince(shownAt, here);
	return typed !== undefined && suggestion.startsWith(typed.text);
}
