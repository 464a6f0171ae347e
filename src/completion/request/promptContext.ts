/** What a prompt holds besides the text before the cursor, and where that comes from. */

import type { Snippet } from "../../protocol/generation.ts";
import type { DocumentSnapshot } from "../text/documentContext.ts";

export interface PromptContext {
	/** From other files. */
	readonly snippets: readonly Snippet[];
	/** The text after the cursor, or that text as it was before a small edit. */
	readonly suffix: string;
}

/**
 * Keeps the context of each document's prompts stable while the user types: a change invalidates the KV cache of everything that follows
 * it in the prompt.
 */
export interface PromptContextProvider {
	/** The name of the repository; empty where there is none. */
	repositoryOf(uri: string): string;
	snippetsFor(uri: string): readonly Snippet[];
	/** @param suffix the document's actual suffix. */
	suffixFor(uri: string, suffix: string): string;
	/** A better context, to be used once the engine has evaluated it. */
	propose(snapshot: DocumentSnapshot, suffix: string): PromptContext;
	/** Uses a proposed context from now on: the engine has evaluated it. */
	accept(uri: string, context: PromptContext): void;
}

/** No snippets, and the document's actual suffix. */
export const noContext: PromptContextProvider = {
	repositoryOf: () => "",
	snippetsFor: () => [],
	suffixFor: (_, suffix) => suffix,
	propose: (_, suffix) => ({ snippets: [], suffix }),
	accept: () => {},
};
