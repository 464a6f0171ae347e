import assert from "node:assert/strict";
import {
	evidenceClasses,
	matchEvidence,
	probabilityEvidence,
} from "../../../../src/engine/speculation/evidence.ts";

describe("evidence", () => {
	for (const [matched, drafted, expected] of [
		[3, 0, []],
		[3, 3, [0, 1, 2]],
		[5, 4, [2, 2, 3, 3]],
		[47, 2, [7, 8]],
		[500, 2, [9, 9]],
	] as const)
		it(`of ${drafted} tokens behind a match of ${matched} is ${expected.join(" ")}`, () =>
			assert.deepEqual(matchEvidence(matched, drafted), expected));

	for (const [probability, expected] of [
		[0, 0],
		[0.1999, 0],
		[0.2, 1],
		[0.5, 2],
		[0.969, 5],
		[0.99, 7],
		[1, 7],
		// Probabilities are sums in single precision.
		[1.0000001, 7],
	] as const)
		it(`of a probability of ${probability} is ${expected}`, () =>
			assert.equal(probabilityEvidence(probability), expected));

	it("has a higher prior for a higher class, strictly between 0 and 1", () => {
		const { lookup, model } = evidenceClasses;
		// The classes of resumed copies follow those of copies.
		for (const classes of [lookup.slice(0, 10), model]) {
			assert.equal(classes[0]?.from, 0, "everything has a class");
			for (const [index, { from, acceptance }] of classes.entries()) {
				assert.ok(acceptance > 0 && acceptance < 1);
				const before = classes[index - 1];
				if (!before) continue;
				assert.ok(from > before.from && acceptance > before.acceptance);
			}
		}
	});
});
