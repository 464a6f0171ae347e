import assert from "node:assert/strict";
import { until, untilPasses } from "../../support/until.ts";

describe("waiting for a condition", () => {
	it("returns what the condition returned when it held", async () => {
		let asked = 0;
		assert.equal(
			await until("a third attempt", () => (++asked === 3 ? asked : undefined)),
			3,
		);
	});

	it("takes a condition that throws for one that does not hold yet", async () => {
		let asked = 0;
		await untilPasses(() => assert.equal(++asked, 3));
		assert.equal(asked, 3);
	});
});
