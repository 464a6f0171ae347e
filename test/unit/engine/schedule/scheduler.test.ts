import assert from "node:assert/strict";
import {
	type Priority,
	Scheduler,
} from "../../../../src/engine/schedule/scheduler.ts";
import {
	TimeSlicer,
	timeSliced,
} from "../../../../src/engine/schedule/timeSlicer.ts";
import {
	FakeRuntime,
	fakeDescription,
} from "../../../support/fakes/fakeRuntime.ts";

describe("Scheduler", () => {
	for (const [asked, expected] of [
		["idle chat typing", "typing chat idle"],
		["chat idle typing chat typing", "typing typing chat chat idle"],
		["idle idle chat", "chat idle idle"],
		["typing", "typing"],
	] as const)
		it(`runs simultaneous requests by priority: ${asked}`, async () => {
			const scheduler = new Scheduler();
			const order: string[] = [];
			await Promise.all(
				asked.split(" ").map((priority) =>
					scheduler.run(async () => {
						order.push(priority);
					}, priority as Priority),
				),
			);
			assert.equal(order.join(" "), expected);
		});

	it("runs requests of equal priority in order, one at a time", async () => {
		const scheduler = new Scheduler();
		const order: string[] = [];
		const work = (name: string) =>
			scheduler.run(async () => {
				order.push(`${name} begins`);
				await new Promise((resolve) => setImmediate(resolve));
				order.push(`${name} ends`);
			}, "chat");
		await Promise.all([work("1"), work("2"), work("3")]);
		assert.deepEqual(
			order,
			["1", "2", "3"].flatMap((it) => [`${it} begins`, `${it} ends`]),
		);
	});

	for (const [what, work] of [
		["rejects", () => Promise.reject(new Error("lost"))],
		[
			"throws at once",
			() => {
				throw new Error("lost");
			},
		],
	] as const)
		it(`continues after work that ${what}`, async () => {
			const scheduler = new Scheduler();
			const failed = scheduler.run(work);
			const next = scheduler.run(() => Promise.resolve("done"));
			await assert.rejects(failed, /lost/);
			assert.equal(await next, "done");
			assert.equal(await scheduler.run(() => Promise.resolve(2)), 2);
		});

	it("accepts requests from running work, and orders them by priority", async () => {
		const scheduler = new Scheduler();
		const order: string[] = [];
		const note = (name: string, priority: Priority) =>
			scheduler.run(async () => {
				order.push(name);
			}, priority);
		let inner: readonly Promise<void>[] = [];
		await scheduler.run(async () => {
			inner = [
				note("idle", "idle"),
				note("chat", "chat"),
				note("typing", "typing"),
			];
		}, "idle");
		await Promise.all(inner);
		assert.deepEqual(order, ["typing", "chat", "idle"]);
	});
});

describe("TimeSlicer", () => {
	it("has a clock that stops while a slice waits", async () => {
		let nowMs = 0;
		const scheduler = new Scheduler();
		const slicer = new TimeSlicer(scheduler, "chat", () => nowMs);
		const takes = (ms: number) => async () => {
			nowMs += ms;
		};
		const typed = scheduler.run(takes(100));
		await slicer.run(takes(7));
		await typed;
		assert.equal(slicer.now(), 7);
		await slicer.run(takes(5));
		assert.equal(slicer.now(), 12);
	});

	it("rethrows errors of the work, and counts its time", async () => {
		let nowMs = 0;
		const slicer = new TimeSlicer(new Scheduler(), "chat", () => nowMs);
		await assert.rejects(
			slicer.run(async () => {
				nowMs += 3;
				throw new Error("lost");
			}),
			/lost/,
		);
		assert.equal(slicer.now(), 3);
	});

	it("lets a completion run between two evaluations of a sequence", async () => {
		const scheduler = new Scheduler();
		const order: string[] = [];
		const model = await new FakeRuntime({
			onEvaluate: () => void order.push("slice"),
		}).loadModel({
			description: fakeDescription,
			mapsFile: undefined,
			onProgress: () => {},
		});
		assert.ok(model.ok);
		const made = await model.value.createSequences({
			count: 1,
			contextWindow: 64,
			batchTokens: 8,
			kvType: "f16",
		});
		const [sequence] = made.ok ? made.value.all : [];
		assert.ok(sequence);
		const it = timeSliced(sequence, new TimeSlicer(scheduler, "chat", () => 0));
		const first = it.evaluate([1, 2], 0);
		const second = it.evaluate([3], 1);
		const typed = scheduler.run(async () => void order.push("typing"));
		await Promise.all([first, second, typed]);
		assert.deepEqual(order, ["typing", "slice", "slice"]);
		assert.equal(it.contextWindow, 64);
		assert.equal(await it.truncate(2), 2);
	});
});
