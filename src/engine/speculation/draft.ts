/** Drafts for speculative decoding, and the interface of draft models. */

import type { Token } from "../runtime/runtime.ts";

/** Prompt lookup, or a draft model. */
const draftSources = ["lookup", "model"] as const;
export type DraftSource = (typeof draftSources)[number];

export interface Draft {
	readonly source: DraftSource;
	/** At least one. */
	readonly tokens: readonly Token[];
	/** For each token, the class of its evidence, whose acceptance rate is learned. */
	readonly evidence: readonly number[];
}

/** The first tokens of a draft; undefined if none are left. */
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
	/** Tokens evaluated between two checks of the signal. */
	readonly chunkTokens: number;
	readonly signal: AbortSignal;
}

export interface DraftingOptions extends ReadingOptions {
	readonly maxTokens: number;
	/** Called before each token. */
	readonly shouldContinue: (evidence: readonly number[]) => boolean;
	/** Called with the decode time of each token after the first. */
	readonly onTokenMs: (ms: number) => void;
	readonly now: () => number;
}

/** A draft model. */
export interface Drafter {
	/** How many tokens of the text it must prefill before it can draft. */
	unreadTokens(text: readonly Token[]): number;
	/** Prefills the text up to `end`, ahead of a draft. */
	read(
		text: readonly Token[],
		end: number,
		options: ReadingOptions,
	): Promise<void>;
	/** Drafts a continuation; undefined if it has none or was aborted. */
	draft(
		text: readonly Token[],
		options: DraftingOptions,
	): Promise<Draft | undefined>;
}
