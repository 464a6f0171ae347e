import assert from "node:assert/strict";
import { measureSpeed } from "../../../../src/engine/measure/measureSpeed.ts";
import {
	fitBudget,
	promptBudget,
	windowFor,
} from "../../../../src/engine/measure/promptBudget.ts";
import { FakeSequence } from "../../../support/fakes/fakeRuntime.ts";

describe("promptBudget", () => {
	for (const [what, prefill, decode, targetMs, localTokens] of [
		[
			"what prefill reads in the time that the line leaves",
			3000,
			100,
			300,
			512,
		],
		["what prefill reads in at least half of the time", 3000, 10, 300, 448],
		["at least the minimum", 50, 10, 300, 256],
		["at most the maximum", 20_000, 200, 300, 1024],
		["more with a longer latency target", 800, 50, 1000, 576],
	] as const)
		it(`is ${what}`, () =>
			assert.deepEqual(
				promptBudget(
					{ prefillTokensPerSecond: prefill, decodeTokensPerSecond: decode },
					targetMs,
				),
				{ localTokens, contextTokens: 2 * localTokens, typedTokens: 256 },
			));

	for (const [what, contextWindow, expected] of [
		["all of it in a large window", 8192, [1024, 2048, 256]],
		["less of other files in a smaller one", 2048, [1024, 640, 256]],
		["nothing of other files if too little is left", 1500, [1024, 0, 256]],
		["less for what is typed in a small one", 768, [480, 0, 160]],
		["nothing without room for an answer", 100, [0, 0, 0]],
	] as const)
		it(`fits ${what}`, () => {
			const fitted = fitBudget(
				{ localTokens: 1024, contextTokens: 2048, typedTokens: 256 },
				contextWindow,
			);
			const { localTokens, contextTokens, typedTokens } = fitted;
			assert.deepEqual([localTokens, contextTokens, typedTokens], expected);
			assert.ok(windowFor(fitted) <= Math.max(contextWindow, 128));
		});
});

describe("measureSpeed", () => {
	/** @param msPerToken of each evaluation in order; the last one repeats. */
	function machine(...msPerToken: number[]) {
		let nowMs = 0;
		const journal = {
			evaluated: [] as (readonly number[])[],
			truncatedTo: [],
			checkpoints: [],
			liveModels: 0,
			liveSequences: 0,
		};
		const sequence = new FakeSequence(
			1000,
			{
				onEvaluate: (tokens) => {
					nowMs +=
						tokens.length *
						(msPerToken[journal.evaluated.length] ?? msPerToken.at(-1) ?? 1);
				},
			},
			journal,
		);
		const run = () => measureSpeed(sequence, [1, 2, 3], 128, () => nowMs);
		return { run, journal };
	}

	it("takes the best round, because the first one warms up", async () => {
		const { run } = machine(2, 20, 9, 8, 7, 6, 5.5, 0.5, 10, 0.25, 5);
		assert.deepEqual(await run(), {
			prefillTokensPerSecond: 4000,
			decodeTokensPerSecond: 200,
			rounds: 3,
			depthTokens: 280,
		});
	});

	it("does not keep a slow machine busy", async () => {
		const { run, journal } = machine(100);
		assert.deepEqual(await run(), {
			prefillTokensPerSecond: 10,
			decodeTokensPerSecond: 10,
			rounds: 1,
			depthTokens: 17,
		});
		assert.equal(journal.evaluated.length, 2);
	});
});
