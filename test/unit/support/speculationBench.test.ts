/** What the bench of speculation relies on: the bound, and the sequence that says what it is told to. */

import assert from "node:assert/strict";
import type { Sequence, Token } from "../../../src/engine/runtime/runtime.ts";
import { minMs, plainMs } from "../../bench/speculationCosts.ts";
import { DictatedSequence } from "../../support/sequences/dictatedSequence.ts";

describe("the bound of speculation", () => {
	it("takes the largest evaluations where all cost the same", () => {
		assert.equal(
			minMs(10, 65, () => 1),
			3,
		);
		assert.equal(
			plainMs(10, 65, () => 1),
			65,
		);
	});

	it("is no better than token by token where each token costs its own", () => {
		assert.equal(
			minMs(10, 65, ({ tokens }) => tokens),
			65,
		);
	});

	it("goes by the place of each evaluation", () => {
		// One, then two: 1 + 0 and 2 + 1. The other way round: 2 + 0 and 1 + 2.
		const costOf = (it: { tokens: number; depth: number }) =>
			it.tokens > 2 ? 100 : it.tokens + it.depth;
		assert.equal(minMs(0, 3, costOf), 4);
	});
});

describe("a dictated sequence", () => {
	it("says the text by its places, also behind what was cut back, and then what the model says", async () => {
		const sequence = new DictatedSequence(echo());
		sequence.dictate([1, 2, 3, 4, 5]);
		assert.deepEqual(await sequence.evaluate([1, 2], 0), []);
		assert.deepEqual(await sequence.evaluate([9, 9], 2), [4, 5]);
		await sequence.truncate(2);
		assert.deepEqual(await sequence.evaluate([3, 4, 5], 2), [5, 5]);
		assert.deepEqual(await sequence.evaluate([7], 1), [7]);
		sequence.dictate(undefined);
		await sequence.truncate(0);
		assert.deepEqual(await sequence.evaluate([8], 1), [8]);
	});
});

/** Says again what it has heard. */
function echo(): Sequence {
	return {
		contextWindow: 100,
		canRollBack: true,
		evaluate: async (tokens: readonly Token[], predictions: number) =>
			predictions === 0 ? [] : tokens.slice(-predictions),
		predict: async ([token = 0]) => [{ token, probability: 1 }],
		checkpoint: async () => {},
		truncate: async (length) => length,
		saveState: async () => {},
		loadState: async () => [],
	};
}
