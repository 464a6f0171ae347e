/** Evaluates a prompt in advance, so that the next completion finds it in the KV cache. */

import type { DocumentSnapshot } from "../text/documentContext.ts";
import type { CompletionEngine } from "./completionEngine.ts";
import type { PromptContextProvider } from "./promptContext.ts";
import { promptFields } from "./promptFields.ts";

/**
 * Evaluates the prompt of the next completion at this place, with the context that the provider proposes, which it then accepts.
 *
 * @returns false where that was cancelled or failed.
 */
export async function evaluatePrompt(
	snapshot: DocumentSnapshot,
	engine: CompletionEngine,
	contextProvider: PromptContextProvider,
	signal: AbortSignal,
): Promise<boolean> {
	const promptContext = contextProvider.propose(snapshot);
	const { chunks } = engine.complete(
		{
			...promptFields(snapshot, contextProvider, promptContext),
			maxTokens: 0,
			kind: "line",
			rank: 0,
			minProbability: 0,
			priority: "idle",
		},
		signal,
	);
	let next = await chunks.next();
	while (!next.done) next = await chunks.next();
	const end = next.value;
	const isEvaluated = end.kind === "done" && end.stopReason !== "cancelled";
	if (isEvaluated) contextProvider.accept(snapshot.uri, promptContext);
	return isEvaluated;
}
