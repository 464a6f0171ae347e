/**
 * What Headroom uses of node-llama-cpp: the only file that imports it.
 *
 * Only primitives. The library's infill, default batching and speculation re-evaluate what is cached, starve a sequence, and accept at most one
 * drafted token per step.
 */

import type {
	ControlledEvaluateInputItem,
	LlamaContext,
	Token,
} from "node-llama-cpp";

export {
	type ControlledEvaluateInputItem,
	getLlama,
	InsufficientMemoryError,
	type Llama,
	type LlamaContext,
	type LlamaContextSequence,
	LlamaLogLevel,
	type LlamaModel,
	LlamaVocabularyType,
	NoBinaryFoundError,
	TokenBias,
} from "node-llama-cpp";

/** How the library chooses the token after an evaluated one. */
export type LibraryChoice = Exclude<ControlledEvaluateInputItem, Token>[1];

/** The library brands its token ids; ours are plain numbers. */
export function branded(tokens: readonly number[]): Token[] {
	return tokens as Token[];
}

/** What the library keeps the thread count of a context in. */
interface ThreadsOfContext {
	_idealThreads: number;
	/** Taken with the ideal count when evaluations begin, and given back some time after the last one. */
	_threadSplitterConsumer?: { _wantedThreads: number };
}

/**
 * Sets the number of threads for the next evaluations of a context. The library sets that of llama.cpp before each evaluation, but its public
 * options fix it when the context is made, or share one maximum among all contexts. Without a maximum (`maxThreads: 0`) these two fields decide;
 * `test/engine/threads.test.ts` checks it against the pinned version.
 */
export function useThreads(context: LlamaContext, threads: number): void {
	const fields = context as unknown as ThreadsOfContext;
	fields._idealThreads = threads;
	if (fields._threadSplitterConsumer)
		fields._threadSplitterConsumer._wantedThreads = threads;
}
