/** What may come next, before the model has said so, and who says it. */

import type { Token } from "../runtime/runtime.ts";

/** Where drafts come from: text that is there already, or a small model. */
const draftSources = ["lookup", "model"] as const;
export type DraftSource = (typeof draftSources)[number];

export interface Draft {
	readonly source: DraftSource;
	/** At least one. */
	readonly tokens: readonly Token[];
	/** For each token, what spoke for it, as one of a few classes whose acceptance is known from experience. */
	readonly evidence: readonly number[];
}

/** The first tokens of a draft; undefined where none are left. */
export function shortened(draft: Draft, length: number): Draft | undefined {
	if (length <= 0) return undefined;
	if (length >= draft.tokens.length) return draft;
	return {
		source: draft.source,
		tokens: draft.tokens.slice(0, length),
		evidence: draft.evidence.slice(0, length),
	};
}

export interface ReadingOptions {
	/** Tokens evaluated between two looks at the signal. */
	readonly chunkTokens: number;
	readonly signal: AbortSignal;
}

export interface DraftingOptions extends ReadingOptions {
	readonly maxTokens: number;
	/** Asked before each token. */
	readonly goesOn: (evidence: readonly number[]) => boolean;
	/** Told what a token took that came right after another. */
	readonly took: (ms: number) => void;
	readonly now: () => number;
}

/** A model that is asked for drafts. */
export interface Drafter {
	/** How much of a text it would have to read before it can say anything. */
	unreadTokens(text: readonly Token[]): number;
	/** Reads a text as far as it is given, so that it need not be read when a draft is wanted. */
	read(
		text: readonly Token[],
		end: number,
		options: ReadingOptions,
	): Promise<void>;
	/** What it would say after the text; undefined where it has nothing to say or was stopped. */
	draft(
		text: readonly Token[],
		options: DraftingOptions,
	): Promise<Draft | undefined>;
}
