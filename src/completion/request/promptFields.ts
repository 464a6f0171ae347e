/** The part of a request to the engine that makes up its prompt. */

import type { FimRequest } from "../../protocol/generation.ts";
import { mayKeepPrompts } from "../../workspace/contextFiles.ts";
import type { DocumentSnapshot } from "../text/documentContext.ts";
import type { PromptContext, PromptContextProvider } from "./promptContext.ts";

export function promptFields(
	{ uri, path }: DocumentSnapshot,
	contextProvider: PromptContextProvider,
	{ snippets, frame, typed }: PromptContext,
): Omit<
	FimRequest,
	"maxTokens" | "kind" | "rank" | "minProbability" | "priority"
> {
	const { prefixBlocks, suffix } = frame;
	const repository = contextProvider.repositoryOf(uri);
	return {
		repository,
		snippets,
		path,
		suffix,
		prefixBlocks,
		typed,
		mayPersist: mayKeepPrompts(uri, path),
	};
}
