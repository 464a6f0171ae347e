import assert from "node:assert/strict";
import { Emitter } from "../../../../src/base/event.ts";
import { DevicePoll } from "../../../../src/client/devices/devicePoll.ts";
import type {
	FromEngine,
	ToEngine,
} from "../../../../src/protocol/engineProtocol.ts";
import type { EngineStatus } from "../../../../src/protocol/engineStatus.ts";
import {
	createError,
	type HeadroomError,
} from "../../../../src/protocol/errors.ts";
import { FakeClock } from "../../../support/fakes/fakeClock.ts";
import {
	fakeDescription,
	fakeLoad,
	fakeRam,
} from "../../../support/fakes/fakeRuntime.ts";

const ready: EngineStatus = {
	kind: "ready",
	model: fakeDescription,
	budget: { localTokens: 256, contextTokens: 0, typedTokens: 256 },
	load: fakeLoad,
};

function setUp(status: EngineStatus = ready) {
	const clock = new FakeClock();
	const sent: ToEngine[] = [];
	const onDidChangeStatus = new Emitter<EngineStatus>();
	const onMessage = new Emitter<FromEngine>();
	const onDidEnd = new Emitter<HeadroomError>();
	const engine = {
		status,
		running: { send: (message: ToEngine) => void sent.push(message) },
		onDidChangeStatus: onDidChangeStatus.event,
		onMessage: onMessage.event,
		onDidEnd: onDidEnd.event,
	};
	const poll = new DevicePoll({
		engine,
		now: clock.now,
		setTimer: clock.setTimer,
	});
	const seen: number[] = [];
	poll.onDidChange((devices) => seen.push(devices[0]?.freeBytes ?? 0));
	return {
		poll,
		clock,
		sent,
		seen,
		enter: (next: EngineStatus) => {
			engine.status = next;
			onDidChangeStatus.fire(next);
		},
		/** To the last request. */
		answer: (freeBytes: number) =>
			onMessage.fire({
				kind: "devices",
				requestId: `d${sent.length}`,
				devices: [{ ...fakeRam, freeBytes }],
			}),
		fail: () =>
			onMessage.fire({
				kind: "failed",
				requestId: `d${sent.length}`,
				error: createError("devicesUnknown", { why: "lost" }),
			}),
		end: () => onDidEnd.fire(createError("engineStopped", {})),
	};
}

describe("DevicePoll", () => {
	it("polls the devices of the loaded model at once, then every two seconds", () => {
		const it = setUp();
		it.poll.watch(true);
		it.clock.advance(0);
		assert.deepEqual(it.sent, [
			{ kind: "describeDevices", requestId: "d1", gpu: null },
		]);
		it.answer(1);
		it.clock.advance(1999);
		assert.equal(it.sent.length, 1);
		it.clock.advance(1);
		assert.equal(it.sent.length, 2);
		it.answer(2);
		assert.deepEqual(it.seen, [1, 2]);
		assert.equal(it.poll.devices[0]?.freeBytes, 2);
	});

	it("polls again only after an answer or a failure", () => {
		const it = setUp();
		it.poll.watch(true);
		it.clock.advance(60_000);
		it.enter({ ...ready, kind: "generating" });
		it.clock.advance(60_000);
		assert.equal(it.sent.length, 1);
		it.fail();
		it.clock.advance(0);
		assert.equal(it.sent.length, 2);
	});

	it("ignores answers to other requests", () => {
		const it = setUp();
		it.poll.watch(true);
		it.clock.advance(0);
		it.answer(1);
		it.answer(2);
		assert.deepEqual(it.seen, [1]);
	});

	it("polls only while watched, at the same rate when watching resumes", () => {
		const it = setUp();
		it.clock.advance(60_000);
		assert.equal(it.sent.length, 0);
		it.poll.watch(true);
		it.clock.advance(0);
		it.answer(1);
		it.poll.watch(false);
		assert.equal(it.clock.pending, 0);
		it.clock.advance(500);
		it.poll.watch(true);
		it.clock.advance(1499);
		assert.equal(it.sent.length, 1);
		it.clock.advance(1);
		assert.equal(it.sent.length, 2);
	});

	for (const status of [
		{ kind: "stopped" },
		{ kind: "starting" },
		{ kind: "loading", file: "a.gguf", fraction: 0.5 },
		{ kind: "failed", error: createError("engineStopped", {}) },
	] satisfies EngineStatus[])
		it(`does not poll while the engine is ${status.kind}`, () => {
			const it = setUp(status);
			it.poll.watch(true);
			it.clock.advance(60_000);
			assert.equal(it.sent.length, 0);
			it.enter(ready);
			it.clock.advance(0);
			assert.equal(it.sent.length, 1);
			it.answer(1);
			it.enter(status);
			assert.equal(it.clock.pending, 0);
		});

	it("drops the pending request when the process ends", () => {
		const it = setUp();
		it.poll.watch(true);
		it.clock.advance(0);
		it.answer(1);
		it.clock.advance(2000);
		it.end();
		assert.deepEqual(it.poll.devices, []);
		it.enter({ kind: "starting" });
		it.enter(ready);
		it.clock.advance(2000);
		assert.equal(it.sent.length, 3);
	});

	it("leaves no timer behind", () => {
		const it = setUp();
		it.poll.watch(true);
		it.poll.dispose();
		it.enter(ready);
		assert.equal(it.clock.pending, 0);
	});
});
