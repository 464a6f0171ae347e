import assert from "node:assert/strict";
import {
	measureSpeed,
	measureVerifying,
	probeWindow,
} from "../../../../src/engine/measure/measureSpeed.ts";
import { verifySizes } from "../../../../src/engine/measure/verifyCosts.ts";
import { FakeSequence } from "../../../support/fakes/fakeRuntime.ts";

const text = [1, 2, 3];

/** A sequence whose evaluations take the given times. */
function sequenceOf(msOf: (tokens: number, evaluations: number) => number) {
	let nowMs = 0;
	const sizes: number[] = [];
	const sequence = new FakeSequence(
		probeWindow(128),
		{
			onEvaluate: (tokens) => {
				nowMs += msOf(tokens.length, sizes.length);
				sizes.push(tokens.length);
			},
			continuation: () => "x",
		},
		{
			evaluated: [],
			truncatedTo: [],
			checkpoints: [],
			liveModels: 0,
			liveSequences: 0,
		},
	);
	return { sequence, sizes, now: () => nowMs };
}

describe("measureVerifying", () => {
	it("measures the most important sizes first, each the best of two", async () => {
		const { sequence, sizes, now } = sequenceOf(
			(tokens, at) => tokens / 10 + (at < 6 ? 3 : 1),
		);
		const measured = await measureVerifying(sequence, 0, text, now);
		const order = [1, 16, 32, 4, 8, 2];
		assert.deepEqual(sizes, [...order, ...order]);
		assert.deepEqual(
			[...measured.keys()].sort((a, b) => a - b),
			[...verifySizes],
		);
		for (const [size, ms] of measured)
			assert.ok(Math.abs(ms - size / 10 - 1) < 1e-9);
		assert.deepEqual(sequence.tokens, [], "it is left empty");
	});

	for (const [what, msOf, sizes] of [
		[
			"as many sizes as fit in a second",
			() => 100,
			[1, 16, 32, 4, 8, 2, 1, 16, 32, 4],
		],
		[
			"each size once if there is no more time",
			(tokens: number) => 20 * tokens,
			[1, 16, 32, 4],
		],
		[
			"at least one and sixteen tokens, once each, however slow",
			() => 3000,
			[1, 16],
		],
	] as const)
		it(`measures ${what}`, async () => {
			const it = sequenceOf(msOf);
			const measured = await measureVerifying(it.sequence, 0, text, it.now);
			assert.deepEqual(it.sizes, sizes);
			assert.deepEqual([...measured.keys()], [...new Set(sizes)]);
		});

	it("returns tiny costs for a clock that stands still", async () => {
		const { sequence } = sequenceOf(() => 0);
		const measured = await measureVerifying(sequence, 0, text, () => 0);
		assert.equal(measured.size, verifySizes.length);
		assert.ok([...measured.values()].every((ms) => ms > 0));
	});
});

describe("measureSpeed", () => {
	it("takes the best of three rounds, and returns the length of the sequence", async () => {
		const { sequence, sizes, now } = sequenceOf((tokens, at) =>
			tokens === 1 ? 15 - at : tokens,
		);
		const speed = await measureSpeed(sequence, text, 128, now);
		assert.deepEqual(sizes, [16, 1, 1, 1, 1, 1, 1, 128, 1, 128, 1]);
		assert.equal(speed.rounds, 3);
		assert.equal(Math.round(speed.prefillTokensPerSecond), 1000);
		assert.equal(speed.decodeTokensPerSecond, 200);
		assert.equal(speed.depthTokens, sequence.tokens.length);
	});

	it("does not take first evaluations that read the weights for the speed", async () => {
		const { sequence, sizes, now } = sequenceOf((tokens, at) =>
			at < 2 ? 15 * tokens + 100 : tokens === 1 ? 20 : 4 * tokens,
		);
		const speed = await measureSpeed(sequence, text, 128, now);
		// From the first evaluations a whole batch would take too long; from the second ones it does not, but there is no more time.
		assert.deepEqual(sizes, [16, 1, 1, 1, 1, 1, 1, 16, 1, 128, 1]);
		assert.equal(speed.decodeTokensPerSecond, 50);
		assert.equal(Math.round(speed.prefillTokensPerSecond), 250);
		assert.equal(speed.depthTokens, sequence.tokens.length);
	});

	it("measures short batches on a slow machine", async () => {
		const { sequence, sizes, now } = sequenceOf(() => 200);
		const speed = await measureSpeed(sequence, text, 128, now);
		assert.deepEqual(sizes, [16, 1, 1, 1, 1, 16, 1]);
		assert.equal(speed.rounds, 2);
	});

	it("stops after the first evaluations on a very slow one", async () => {
		const { sequence, sizes, now } = sequenceOf(() => 600);
		const speed = await measureSpeed(sequence, text, 128, now);
		assert.deepEqual(sizes, [16, 1]);
		assert.equal(speed.rounds, 1);
	});
});
