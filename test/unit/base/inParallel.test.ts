import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { inParallel } from "../../../src/base/inParallel.ts";

describe("inParallel", () => {
	it("keeps the order and never exceeds the limit", async () => {
		let underWay = 0;
		let most = 0;
		const values = await inParallel([5, 1, 4, 1, 3, 1], 2, async (turns) => {
			underWay++;
			most = Math.max(most, underWay);
			for (let i = 0; i < turns; i++) await setImmediate();
			underWay--;
			return turns * 10;
		});
		assert.deepEqual(values, [50, 10, 40, 10, 30, 10]);
		assert.equal(most, 2);
	});

	it("resolves at once without items", async () => {
		assert.deepEqual(await inParallel([], 4, () => assert.fail()), []);
	});
});
