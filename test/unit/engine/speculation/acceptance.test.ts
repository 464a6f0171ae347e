import assert from "node:assert/strict";
import { Acceptance } from "../../../../src/engine/speculation/acceptance.ts";
import { evidenceClasses } from "../../../../src/engine/speculation/evidence.ts";

const near = (actual: number, expected: number) =>
	assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);

describe("Acceptance", () => {
	it("starts with the prior", () => {
		for (const source of ["lookup", "model"] as const)
			for (const [evidence, { acceptance }] of evidenceClasses[
				source
			].entries())
				near(new Acceptance(source).probability(evidence), acceptance);
	});

	it("has another prior for edits, if known", () => {
		near(new Acceptance("lookup", "edit").probability(0), 0.9);
		near(new Acceptance("model", "edit").probability(0), 0.15);
	});

	// The class 0 of lookups: 0.45, which counts as much as four tokens.
	const prior = 0.45 * 4;
	const cases: readonly (readonly [
		what: string,
		accepted: number,
		isRefuted: boolean,
		seen: number,
		right: number,
	])[] = [
		["nothing from a draft of which nothing is known", 0, false, 0, 0],
		["that a token was rejected", 0, true, 1, 0],
		["that a token was accepted", 1, false, 1, 1],
		["nothing from tokens after the rejected one", 1, true, 1.98, 0.98],
		["each token once", 3, false, 1 + 0.98 + 0.98 ** 2, 1 + 0.98 + 0.98 ** 2],
		["nothing more if the whole draft was accepted", 5, true, 4.9, 4.9],
	];
	for (const [what, accepted, isRefuted, seen, right] of cases)
		it(`learns ${what}`, () => {
			const acceptance = new Acceptance("lookup");
			acceptance.learn({ evidence: [0, 0, 0, 0, 0] }, accepted, isRefuted);
			const expected = (right + prior) / (seen + 4);
			assert.ok(Math.abs(acceptance.probability(0) - expected) < 0.01);
			near(acceptance.probability(5), 0.8);
		});

	it("decays: after a change the last fifty tokens outweigh a thousand", () => {
		const acceptance = new Acceptance("model");
		for (let i = 0; i < 1000; i++)
			acceptance.learn({ evidence: [3] }, 1, false);
		assert.ok(acceptance.probability(3) > 0.95);
		for (let i = 0; i < 50; i++) acceptance.learn({ evidence: [3] }, 0, true);
		assert.ok(acceptance.probability(3) < 0.5);
	});

	it("never reaches 0 or 1", () => {
		const acceptance = new Acceptance("model");
		for (let i = 0; i < 1000; i++)
			acceptance.learn({ evidence: [7, 0] }, 1, true);
		assert.ok(acceptance.probability(7) < 1);
		assert.ok(acceptance.probability(0) > 0);
	});
});
