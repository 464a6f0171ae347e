import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import { measureRamBandwidth } from "../../../src/engine/ramBandwidth.ts";

describe("measureRamBandwidth", () => {
	const workers: Worker[] = [];
	const collect = (worker: Worker): void => void workers.push(worker);
	before(() => void process.on("worker", collect));
	after(() => void process.off("worker", collect));
	beforeEach(() => void workers.splice(0));
	afterEach(() => {
		assert.ok(workers.length > 0);
		// A thread that has ended has no id any more.
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

	it("has no more workers than cores", async () => {
		const measured = await measureRamBandwidth({
			threads: 1000,
			timeoutMs: 10_000,
			workerSource: answering("1"),
		});
		assert.equal(measured, workers.length);
		assert.ok(workers.length <= availableParallelism());
	});

	const failures: Readonly<Record<string, string>> = {
		"throws at once": "throw new Error('no');",
		"cannot be parsed": "this is no code",
		"ends quietly": "process.exit(0);",
		"never answers": "setInterval(() => {}, 1000);",
		"never comes to rest": "for (;;);",
		"throws when asked": answering("(() => { throw new Error('no'); })()"),
		"answers no number": answering("'fast'"),
		"answers nothing measurable": answering("0"),
	};
	for (const [what, workerSource] of Object.entries(failures))
		it(`settles where a worker ${what}`, async () => {
			const options = { threads: 2, timeoutMs: 300, workerSource };
			assert.equal(await measureRamBandwidth(options), undefined);
		});
});

/** A worker that is ready at once, and answers every round with this expression. */
function answering(expression: string): string {
	return `
		const { parentPort } = require("node:worker_threads");
		parentPort.on("message", () => parentPort.postMessage(${expression}));
		parentPort.postMessage(0);
	`;
}
