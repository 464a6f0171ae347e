import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import { measureRamBandwidth } from "../../../../src/engine/measure/ramBandwidth.ts";

describe("measureRamBandwidth", () => {
	const workers: Worker[] = [];
	const collect = (worker: Worker): void => void workers.push(worker);
	before(() => void process.on("worker", collect));
	after(() => void process.off("worker", collect));
	beforeEach(() => void workers.splice(0));
	afterEach(() => {
		assert.ok(workers.length > 0);
		// A thread that has ended has no id.
		assert.ok(workers.every((it) => it.threadId === -1));
	});

	for (const threads of [1, 2])
		it(`measures something plausible with ${threads} threads`, async () => {
			const measured = await measureRamBandwidth({
				threads,
				timeoutMs: 10_000,
			});
			assert.ok(measured && measured > 1e8 && measured < 1e13, `${measured}`);
		});

	it("uses no more workers than cores", async () => {
		const measured = await measureRamBandwidth({
			threads: 1000,
			timeoutMs: 10_000,
			workerSource: answering("1"),
		});
		assert.equal(measured, workers.length);
		assert.ok(workers.length <= availableParallelism());
	});

	/** It does not wait for a worker that has ended: the test does not reach the limit. */
	const farMs = 60_000;
	const nearMs = 300;
	const failures: readonly (readonly [string, number, string])[] = [
		["throws at once", farMs, "throw new Error('no');"],
		["cannot be parsed", farMs, "this is no code"],
		["ends quietly", farMs, "process.exit(0);"],
		["throws in a round", farMs, answering("nobody.knows")],
		["answers without a number", farMs, answering("'fast'")],
		["answers nothing measurable", farMs, answering("0")],
		["never answers", nearMs, "setInterval(() => {}, 1000);"],
		["never terminates", nearMs, "for (;;);"],
	];
	for (const [what, timeoutMs, workerSource] of failures)
		it(`settles if a worker ${what}`, async () => {
			const options = { threads: 2, timeoutMs, workerSource };
			assert.equal(await measureRamBandwidth(options), undefined);
		});
});

/** A worker that is ready at once, and answers each round with this expression. */
function answering(expression: string): string {
	return `
		const { parentPort } = require("node:worker_threads");
		parentPort.on("message", () => parentPort.postMessage(${expression}));
		parentPort.postMessage(0);
	`;
}
