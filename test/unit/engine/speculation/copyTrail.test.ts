/** Copies with changes. */

import assert from "node:assert/strict";
import { CopyTrail } from "../../../../src/engine/speculation/copyTrail.ts";
import { Lookup } from "../../../../src/engine/speculation/lookup.ts";

/** 0, 1, 2 and so on: each token equals its index. */
const source = Array.from({ length: 100 }, (_, index) => index);
const unknown = 1000;

/** A trail that has copied ten tokens, followed by these. */
function trailAfter(...said: readonly number[]): CopyTrail {
	const trail = new CopyTrail();
	trail.follow(source, 10, 10);
	for (const token of said) trail.push(token);
	return trail;
}

describe("CopyTrail", () => {
	for (const [name, said, place] of [
		["nowhere while the copy continues", [10, 11, 12], undefined],
		["nowhere after the changed token alone", [unknown], undefined],
		["after a replaced token", [unknown, 11], 12],
		["after inserted tokens", [unknown, unknown, 10], 11],
		["after deleted tokens", [14], 15],
		["nowhere before the change", [unknown, 9], undefined],
		["nowhere far after it", [unknown, 60], undefined],
	] as const)
		it(`resumes ${name}`, () => {
			assert.equal(trailAfter(...said).resumed()?.place, place);
		});

	it("resumes after three equal tokens", () => {
		const trail = trailAfter(unknown, 11, 12, 13);
		assert.equal(trail.resumed(), undefined);
		assert.equal(trail.follow(source, 14, 3), 10);
	});

	it("gives up after a long change", () => {
		const trail = trailAfter(...Array<number>(32).fill(unknown), 11);
		assert.equal(trail.resumed(), undefined);
	});

	it("does not start with a short match", () => {
		const trail = new CopyTrail();
		assert.equal(trail.follow(source, 10, 7), 7);
		trail.push(14);
		assert.equal(trail.resumed(), undefined);
	});

	it("lets lookup resume a copy before a match is long enough to be found", () => {
		const lookup = new Lookup();
		lookup.setReferences([{ id: "file", tokens: source }]);
		lookup.begin([unknown, ...source.slice(0, 10)]);
		assert.equal(lookup.find(4)?.matchedTokens, 10);
		for (const token of [unknown, 11]) lookup.push(token);
		assert.equal(lookup.find(4), undefined);
		const resumed = lookup.resume(4);
		assert.deepEqual(resumed?.tokens, [12, 13, 14, 15]);
		assert.equal(resumed.matchedTokens, 1);
		lookup.begin([unknown]);
		assert.equal(lookup.resume(4), undefined);
	});
});
