import assert from "node:assert/strict";
import { SerialQueue } from "../../../src/base/serialQueue.ts";

describe("SerialQueue", () => {
	it("runs one piece of work at a time, in the order of the calls", async () => {
		const queue = new SerialQueue();
		const events: string[] = [];
		const work = (name: string, steps: number) => async () => {
			events.push(`${name} begins`);
			for (let step = 0; step < steps; step++) await Promise.resolve();
			events.push(`${name} ends`);
			return name;
		};
		assert.deepEqual(
			await Promise.all([
				queue.run(work("slow", 20)),
				queue.run(work("fast", 0)),
			]),
			["slow", "fast"],
		);
		assert.deepEqual(events, [
			"slow begins",
			"slow ends",
			"fast begins",
			"fast ends",
		]);
	});

	it("passes a rejection to the caller and goes on with the next", async () => {
		const queue = new SerialQueue();
		const failing = queue.run(() => Promise.reject(new Error("no")));
		const next = queue.run(async () => "next");
		await assert.rejects(failing, /no/);
		assert.equal(await next, "next");
	});

	it("is idle when everything added so far has settled", async () => {
		const queue = new SerialQueue();
		await queue.idle();
		let resolve = () => {};
		let isIdle = false;
		void queue.run(
			() =>
				new Promise<void>((it) => {
					resolve = it;
				}),
		);
		const idle = queue.idle().then(() => {
			isIdle = true;
		});
		await Promise.resolve();
		assert.equal(isIdle, false);
		resolve();
		await idle;
		assert.equal(isIdle, true);
	});
});
