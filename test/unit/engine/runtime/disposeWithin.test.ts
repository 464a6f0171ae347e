import assert from "node:assert/strict";
import { logTo } from "../../../../src/base/log.ts";
import { disposeWithin } from "../../../../src/engine/runtime/disposeWithin.ts";

describe("disposeWithin", () => {
	const start = (work: () => Promise<void>) => {
		const lines: string[] = [];
		const timers: { expire: () => void; isCancelled: boolean }[] = [];
		const done = disposeWithin(
			500,
			"the model",
			work,
			logTo((level, message) => lines.push(`[${level}] ${message}`)),
			(expire, ms) => {
				assert.equal(ms, 500);
				const timer = { expire, isCancelled: false };
				timers.push(timer);
				return {
					dispose: () => {
						timer.isCancelled = true;
					},
				};
			},
		);
		const [timer] = timers;
		assert.ok(timer);
		return { done, timer, lines };
	};

	it("resolves with the work, and cancels its timer", async () => {
		const { done, timer, lines } = start(() => Promise.resolve());
		await done;
		assert.ok(timer.isCancelled);
		assert.deepEqual(lines, []);
	});

	it("resolves at the limit when the work never settles, and logs that", async () => {
		const { done, timer, lines } = start(() => new Promise(() => {}));
		timer.expire();
		await done;
		assert.deepEqual(lines, [
			"[warn] the model was not disposed within 500 ms",
		]);
	});

	it("rejects as the work does, within the limit", async () => {
		const { done, timer } = start(() => Promise.reject(new Error("no")));
		await assert.rejects(done, /^Error: no$/);
		assert.ok(timer.isCancelled);
	});

	it("ignores a rejection after the limit", async () => {
		let reject = (_: Error): void => {};
		const work = new Promise<void>((_, no) => {
			reject = no;
		});
		const { done, timer } = start(() => work);
		timer.expire();
		await done;
		reject(new Error("late"));
		await assert.rejects(work, /late/);
	});
});
