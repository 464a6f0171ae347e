/**
 * What Headroom uses of node-llama-cpp: the only file that imports it.
 *
 * Only primitives. The library's infill, default batching and speculation re-evaluate what is cached, starve a sequence, and accept at most one
 * drafted token per step.
 */

import type { ControlledEvaluateInputItem, Token } from "node-llama-cpp";

export {
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
