/** What a prompt holds, and where that comes from. */

import type { Snippet } from "../../protocol/generation.ts";
import type { DocumentSnapshot } from "../text/documentContext.ts";
import { EditFrame, type FramedText } from "../text/editFrame.ts";

export interface PromptContext extends FramedText {
	/** From other files. */
	readonly snippets: readonly Snippet[];
}

/**
 * Keeps the context of each document's prompts stable while the user types: a change invalidates the KV cache of everything that follows
 * it in the prompt.
 */
export interface PromptContextProvider {
	/** The name of the repository; empty where there is none. */
	repositoryOf(uri: string): string;
	snippetsFor(uri: string): readonly Snippet[];
	/** The text of the document around the cursor. */
	frameFor(snapshot: DocumentSnapshot): FramedText;
	/** A better context, to be used once the engine has evaluated it. */
	propose(snapshot: DocumentSnapshot): PromptContext;
	/** Uses a proposed context from now on: the engine has evaluated it. */
	accept(uri: string, context: PromptContext): void;
}

/** No snippets, and the document as it is. */
export const noContext: PromptContextProvider = {
	repositoryOf: () => "",
	snippetsFor: () => [],
	frameFor: (snapshot) => EditFrame.around(snapshot),
	propose: (snapshot) => ({ snippets: [], ...EditFrame.around(snapshot) }),
	accept: () => {},
};
