import assert from "node:assert/strict";
import { seedAt } from "../../../../src/engine/runtime/sampling.ts";
import { surprise } from "../../../support/chiSquare.ts";

const draws = 20_000;
const cells = 64;

/** Counts in 64 equal buckets of the 32-bit range. */
function spread(values: Iterable<number>) {
	const counts = new Array<number>(cells).fill(0);
	for (const it of values) {
		const cell = Math.floor((it / 2 ** 32) * cells);
		counts[cell] = (counts[cell] ?? 0) + 1;
	}
	return counts.map((it) => [it, draws / cells] as const);
}

const range = Array.from({ length: draws }, (_, index) => index);

describe("seedAt", () => {
	for (const [what, valueAt] of [
		["of one text", (it: number) => seedAt(1, it)],
		["of another text", (it: number) => seedAt(2 ** 31 + 7, it)],
		["of consecutive seeds, at the start", (it: number) => seedAt(it, 0)],
		["of consecutive seeds, further on", (it: number) => seedAt(it, 1000)],
		// Neither consecutive indices nor consecutive texts correlate.
		[
			"as steps from place to place",
			(it: number) => (seedAt(3, it + 1) - seedAt(3, it)) >>> 0,
		],
		[
			"as steps from seed to seed",
			(it: number) => (seedAt(it + 1, 50) - seedAt(it, 50)) >>> 0,
		],
	] as const)
		it(`is spread evenly over 32 bits: ${what}`, () =>
			assert.ok(surprise(spread(range.map(valueAt))) < 1));

	it("differs between indices, and between texts", () => {
		assert.equal(new Set(range.map((it) => seedAt(5, it))).size, draws);
		assert.equal(new Set(range.map((it) => seedAt(it, 5))).size, draws);
	});

	it("is reproducible, an integer of 32 bits", () => {
		for (const [seed, index] of [
			[0, 0],
			[2 ** 32 - 1, 4096],
			[2 ** 53 - 1, 1],
		] as const) {
			const value = seedAt(seed, index);
			assert.equal(value, seedAt(seed, index));
			assert.ok(Number.isInteger(value) && value >= 0 && value < 2 ** 32);
		}
	});

	it("would fail this test if it were not spread evenly", () =>
		assert.ok(
			surprise(spread(range.map((it) => (seedAt(1, it) * 0.98) >>> 0))) > 1,
		));
});
