import assert from "node:assert/strict";
import { Ledger } from "../../../../src/engine/speculation/ledger.ts";
import { seededRandom } from "../../../support/seededRandom.ts";

const tokenMs = 10;
/** Two tokens, and half a percent of the time. */
const loanMs = (spentMs: number) => 2 * tokenMs + 0.005 * spentMs;

describe("Ledger", () => {
	it("lends two tokens at first, and more over time", () => {
		const ledger = new Ledger();
		assert.ok(ledger.canAfford(19.9, tokenMs));
		assert.ok(!ledger.canAfford(20, tokenMs));
		ledger.spend(1000);
		assert.ok(ledger.canAfford(24.9, tokenMs));
		assert.ok(!ledger.canAfford(25, tokenMs));
	});

	it("lends nothing after everything is lost, until time has passed", () => {
		const ledger = new Ledger();
		ledger.credit(-30, tokenMs);
		assert.ok(!ledger.canAfford(0, tokenMs));
		ledger.spend(2000);
		assert.ok(!ledger.canAfford(0, tokenMs));
		ledger.spend(1);
		assert.ok(ledger.canAfford(0, tokenMs));
	});

	it("limits the credit from past success", () => {
		const ledger = new Ledger();
		for (let i = 0; i < 1000; i++) ledger.credit(100, tokenMs);
		assert.ok(ledger.canAfford(33 * tokenMs, tokenMs));
		assert.ok(!ledger.canAfford(34 * tokenMs, tokenMs));
	});

	for (let seed = 1; seed <= 50; seed++)
		it(`never loses more than it lends, whatever fails (${seed})`, () => {
			const random = seededRandom(seed);
			const ledger = new Ledger();
			const chance = random() * 0.3;
			let spentMs = 0;
			let savedMs = 0;
			let refused = 0;
			for (let i = 0; i < 5000; i++) {
				const ms = random() * 5 * tokenMs;
				if (ledger.canAfford(ms, tokenMs)) {
					// Nothing, a part of it, or a gain.
					const won = random() < chance ? random() * ms : -ms * random() ** 0.2;
					ledger.credit(won, tokenMs);
					savedMs += won;
				} else refused++;
				const passedMs = random() * tokenMs;
				ledger.spend(passedMs);
				spentMs += passedMs;
				assert.ok(savedMs > -loanMs(spentMs), `${savedMs} ms after ${i}`);
			}
			assert.ok(refused > 0);
		});
});
