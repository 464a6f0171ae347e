/** The roles of a model, and the minimum that each requires. */

import type { Role } from "../../protocol/model.ts";

export interface RoleNeeds {
	/** Tokens per sequence, from the preferred to the smallest useful window. */
	readonly contextWindows: readonly [number, ...number[]];
	readonly sequences: number;
	readonly batchTokens: number;
	/** Decoding speed with a full context; a slower model is never chosen unasked. */
	readonly minTokensPerSecond: number;
	/** From here on, more speed is worth nothing; below, each halving costs as in `choosePlan.ts`. */
	readonly enoughTokensPerSecond: number;
}

/**
 * Completion: three sequences with room for 1,024 tokens of the file, twice that of other files, what is typed, and the answer
 * (`promptBudget.ts`); a third of that still holds the file. A line of 12 tokens in half a second, 24 per second, is no wait; after a second, 12 per second, the
 * user has typed it.
 *
 * Chat: some files and a conversation; below 4,096 tokens the attachments fall out of the context. People read some 5 tokens per
 * second and skim code at twice that.
 */
export const roleNeeds: Readonly<Record<Role, RoleNeeds>> = {
	completion: {
		contextWindows: [3456, 2432, 1024],
		sequences: 3,
		batchTokens: 128,
		minTokensPerSecond: 12,
		enoughTokensPerSecond: 24,
	},
	chat: {
		contextWindows: [16_384, 12_288, 8192, 6144, 4096],
		sequences: 1,
		batchTokens: 128,
		minTokensPerSecond: 10,
		enoughTokensPerSecond: 10,
	},
};
