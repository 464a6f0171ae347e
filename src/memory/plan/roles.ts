/** What a model is used for, and what it must at least do for that. */

import type { Role } from "../../protocol/model.ts";

export interface RoleNeeds {
	/** Tokens of each sequence, from what is wanted to the least that is worth having. */
	readonly contextWindows: readonly [number, ...number[]];
	readonly sequences: number;
	readonly batchTokens: number;
	/** Decoding, with the context window full. */
	readonly minTokensPerSecond: number;
}

/**
 * Completion: the engine's budgets want 1,024 tokens of the file, twice that of other files, and room for the answer (`promptBudget.ts`), in
 * three sequences (`modelSlot.ts`); a third still holds the file. A line of 12 tokens within the latency target of 300 ms is 40 per second.
 *
 * Chat: some files and a conversation; below 4,096 it forgets what was attached. People read some 5 tokens per second and skim code at
 * twice that.
 */
export const roleNeeds: Readonly<Record<Role, RoleNeeds>> = {
	completion: {
		contextWindows: [3200, 2176, 1024],
		sequences: 3,
		batchTokens: 128,
		minTokensPerSecond: 40,
	},
	chat: {
		contextWindows: [16_384, 12_288, 8192, 6144, 4096],
		sequences: 1,
		batchTokens: 128,
		minTokensPerSecond: 10,
	},
};
