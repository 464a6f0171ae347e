import assert from "node:assert/strict";
import { VerifyCosts } from "../../../../src/engine/measure/verifyCosts.ts";

const costs = () =>
	new VerifyCosts(
		new Map([
			[8, 20],
			[1, 10],
			[4, 15],
		]),
	);

describe("VerifyCosts", () => {
	for (const [tokens, ms] of [
		[1, 10],
		[2, 15],
		[4, 15],
		[5, 20],
		[8, 20],
		[16, 40],
		[20, 50],
	] as const)
		it(`of ${tokens} tokens are ${ms} ms`, () =>
			assert.equal(costs().ms(tokens), ms));

	it("of one token alone grow in proportion", () =>
		assert.equal(new VerifyCosts(new Map([[1, 10]])).ms(7), 70));

	it("require the cost of one token", () => {
		assert.throws(() => new VerifyCosts(new Map([[2, 10]])));
		assert.throws(() => new VerifyCosts(new Map([[1, 0]])));
	});

	for (const [what, tokens, ms, expected] of [
		["a slower evaluation", 4, 18, [10.1, 15.3, 20.2]],
		["a faster one", 1, 5, [9.5, 14.625, 19.5]],
		["one delayed by another program", 8, 4000, [10.5, 15.75, 22]],
		["a clock that was set back", 8, -50, [9.75, 14.625, 19]],
		["one of a size that was not measured", 5, 90, [10, 15, 20]],
	] as const)
		it(`take ${what} into account, and for all numbers`, () => {
			const it = costs();
			it.observe(tokens, ms);
			assert.deepEqual(
				it.entries().map(([, known]) => Math.round(known * 1000) / 1000),
				expected,
			);
		});

	it("converge to the observed costs", () => {
		const it = costs();
		for (let i = 0; i < 100; i++) {
			it.observe(1, 30);
			it.observe(4, 45);
		}
		assert.ok(Math.abs(it.plainMs - 30) < 1);
		assert.ok(Math.abs(it.ms(4) - 45) < 1.5);
		assert.ok(it.ms(8) > 35, "the others go along");
	});
});
