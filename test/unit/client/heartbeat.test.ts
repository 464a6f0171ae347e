import assert from "node:assert/strict";
import { nullLog } from "../../../src/base/log.ts";
import { EngineClient } from "../../../src/client/engineClient.ts";
import {
	Heartbeat,
	type Patience,
	patienceWith,
} from "../../../src/client/heartbeat.ts";
import { type LoadCrash, Supervisor } from "../../../src/client/supervisor.ts";
import type { EngineReport } from "../../../src/protocol/engineStatus.ts";
import { FakeClock } from "../../support/fakes/fakeClock.ts";
import { emptyRequest, someStats } from "../../support/fakes/fakeEngine.ts";
import { FakeProcess } from "../../support/fakes/fakeProcess.ts";
import { fakeDescription, fakeLoad } from "../../support/fakes/fakeRuntime.ts";
import { plainLoadOptions } from "../../support/loadOptions.ts";
import { settle } from "../../support/settle.ts";

const file = "/models/a.gguf";
const ready = {
	kind: "ready",
	model: { ...fakeDescription, file },
	budget: { localTokens: 1, contextTokens: 0, typedTokens: 1 },
	load: fakeLoad,
} as const;

describe("Heartbeat", () => {
	function beat(isLoading = false) {
		const clock = new FakeClock();
		let asked = 0;
		const silences: number[] = [];
		const heartbeat = new Heartbeat({
			patience: { beatMs: 1_000, beats: 10, beatsInLoad: 120 },
			ask: () => asked++,
			isLoading: () => isLoading,
			onSilent: (silentMs) => silences.push(silentMs),
			setTimer: clock.setTimer,
		});
		return { clock, heartbeat, silences, asked: () => asked };
	}

	it("asks at every beat, and tells once of ten in a row without a word", () => {
		const { clock, silences, asked } = beat();
		clock.advance(9_999);
		assert.equal(asked(), 10);
		assert.deepEqual(silences, []);
		clock.advance(600_000);
		assert.deepEqual(silences, [10_000]);
		assert.equal(clock.pending, 0);
	});

	it("begins anew with each message", () => {
		const { clock, heartbeat, silences } = beat();
		for (let times = 0; times < 20; times++) {
			clock.advance(9_000);
			heartbeat.heard();
		}
		assert.deepEqual(silences, []);
	});

	it("waits longer for a load", () => {
		const { clock, silences } = beat(true);
		clock.advance(119_999);
		assert.deepEqual(silences, []);
		clock.advance(1);
		assert.deepEqual(silences, [120_000]);
	});

	it("counts one beat for an hour in which the host itself stood still", () => {
		let beatNow = () => {};
		const silences: number[] = [];
		const heartbeat = new Heartbeat({
			patience: { beatMs: 1_000, beats: 2, beatsInLoad: 2 },
			ask: () => {},
			isLoading: () => false,
			onSilent: (silentMs) => silences.push(silentMs),
			// Late by whatever the test likes: a timer runs once, however late it is.
			setTimer: (callback) => {
				beatNow = callback;
				return { dispose: () => {} };
			},
		});
		for (let hours = 0; hours < 5; hours++) {
			beatNow();
			heartbeat.heard();
		}
		assert.deepEqual(silences, []);
	});

	const usual: Patience = { beatMs: 1_000, beats: 10, beatsInLoad: 120 };
	for (const [value, expected] of [
		[undefined, usual],
		["", usual],
		["soon", usual],
		["-1", usual],
		["0", usual],
		["Infinity", usual],
		["2000", { beatMs: 200, beats: 10, beatsInLoad: 600 }],
		["30000", { beatMs: 1_000, beats: 30, beatsInLoad: 120 }],
	] as const)
		it(`is as patient as HEADROOM_ENGINE_SILENCE_MS says: ${value}`, () =>
			assert.deepEqual(
				patienceWith({ HEADROOM_ENGINE_SILENCE_MS: value }, undefined),
				expected,
			));

	it("is off while the engine is debugged", () =>
		assert.equal(patienceWith({}, 9230), undefined));
});

describe("an engine that stops answering", () => {
	function setUp(patience: Patience | undefined = patienceWith({}, undefined)) {
		const clock = new FakeClock();
		const processes: FakeProcess[] = [];
		const crashes: LoadCrash[] = [];
		const supervisor = new Supervisor({
			fork: () => {
				const process = new FakeProcess();
				processes.push(process);
				return process;
			},
			loadOptions: () => ({ ...plainLoadOptions, file }),
			onLoadCrash: (crash) => crashes.push(crash),
			patience,
			log: nullLog,
			now: clock.now,
			setTimer: clock.setTimer,
		});
		const client = new EngineClient(supervisor, clock.setTimer);
		/** Starts a process that gets as far as the report, and answers its load if it is ready. */
		const start = async (report: EngineReport): Promise<FakeProcess> => {
			void supervisor.connect();
			const process = processes.at(-1);
			assert.ok(process);
			process.hello();
			await settle();
			process.says({ kind: "report", report });
			const { kind } = report;
			if (kind === "ready")
				process.says({
					kind: "loaded",
					requestId: "l1",
					loaded: { model: ready.model, budget: ready.budget, load: fakeLoad },
				});
			return process;
		};
		return { clock, processes, supervisor, client, start, crashes };
	}

	it("is replaced after ten seconds, and its requests say so", async () => {
		const { clock, processes, supervisor, client, start, crashes } = setUp();
		const process = await start(ready);
		clock.advance(600_000);
		assert.equal(process.killed, false, "it answers");
		const { signal } = new AbortController();
		const completion = client.complete(emptyRequest, signal).chunks.next();
		const count = client.count([]);
		await settle();
		process.frozen = true;
		clock.advance(9_000);
		assert.equal(process.killed, false);
		clock.advance(1_000);
		assert.ok(process.killed);
		const silent = { code: "engineSilent", values: {} };
		assert.deepEqual((await completion).value, {
			kind: "failed",
			error: silent,
		});
		assert.deepEqual(await count, { ok: false, error: silent });
		assert.deepEqual(supervisor.status, {
			kind: "crashed",
			error: silent,
			restartInMs: 500,
		});
		clock.advance(500);
		assert.equal(processes.length, 2);
		assert.deepEqual(crashes, [], "no file is to blame");
	});

	for (const [what, report] of [
		["loads", { kind: "loading", file, fraction: 0, step: "gpu" }],
		["warms up", { kind: "warmingUp", model: ready.model, step: "gpu" }],
	] as const)
		it(`has two minutes while it ${what}, after which the step is to blame`, async () => {
			const { clock, start, crashes } = setUp();
			const process = await start(report);
			process.frozen = true;
			clock.advance(119_000);
			assert.equal(process.killed, false);
			clock.advance(1_000);
			assert.ok(process.killed);
			assert.deepEqual(crashes, [
				{ file, step: "gpu", why: "no answer for 120.0 s" },
			]);
		});

	it("has two minutes while it loads the chat's own model", async () => {
		const { clock, start } = setUp();
		const process = await start({
			...ready,
			chat: { state: "loading", file: "/models/chat.gguf", fraction: 0 },
		});
		process.says({
			kind: "report",
			report: {
				...ready,
				chat: { state: "loading", file: "/models/chat.gguf", fraction: 0.5 },
			},
		});
		process.frozen = true;
		clock.advance(119_000);
		assert.equal(process.killed, false);
		clock.advance(1_000);
		assert.ok(process.killed);
	});

	it("is waited for while it is debugged", async () => {
		const it = setUp();
		const debugged = new Supervisor({
			fork: () => {
				const process = new FakeProcess();
				it.processes.push(process);
				return process;
			},
			loadOptions: () => ({ ...plainLoadOptions, file }),
			patience: patienceWith({}, 9230),
			log: nullLog,
			setTimer: it.clock.setTimer,
		});
		void debugged.connect();
		const process = it.processes.at(-1);
		process?.hello();
		await settle();
		assert.equal(it.clock.pending, 0);
		debugged.dispose();
	});

	it("is asked nothing more after its end", async () => {
		const { clock, supervisor, start } = setUp();
		const process = await start(ready);
		const stopped = supervisor.stop();
		process.exit();
		await stopped;
		assert.equal(clock.pending, 0);
	});

	it("settles what is cancelled within a second", async () => {
		const { clock, client, start } = setUp();
		const process = await start(ready);
		process.frozen = true;
		const cancellation = new AbortController();
		const completion = client
			.complete(emptyRequest, cancellation.signal)
			.chunks.next();
		const answer = client
			.chat(
				{
					turns: [{ role: "user", text: "?" }],
					maxTokens: null,
					temperature: 0,
					seed: 0,
					reference: "",
					stateFile: null,
				},
				cancellation.signal,
			)
			.next();
		await settle();
		cancellation.abort();
		clock.advance(1_000);
		assert.deepEqual((await completion).value, { kind: "cancelled" });
		assert.deepEqual((await answer).value, { kind: "cancelled" });
		assert.deepEqual(
			process.sent.slice(-2).map(({ kind }) => kind),
			["cancel", "cancel"],
		);
	});

	it("lets an engine that answers say how a cancelled request ended", async () => {
		const { clock, client, start } = setUp();
		const process = await start(ready);
		const cancellation = new AbortController();
		const { requestId, chunks } = client.complete(
			emptyRequest,
			cancellation.signal,
		);
		const next = chunks.next();
		await settle();
		cancellation.abort();
		process.says({
			kind: "done",
			requestId,
			stopReason: "cancelled",
			stats: someStats,
		});
		const { value } = await next;
		assert.ok(value && "kind" in value && value.kind === "done");
		clock.advance(500);
		assert.equal(clock.pending, 1, "only the heartbeat");
	});
});
