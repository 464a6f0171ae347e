import assert from "node:assert/strict";
import { nullLog } from "../../../src/base/log.ts";
import { EngineClient } from "../../../src/client/engineClient.ts";
import { decideRestart } from "../../../src/client/restartPolicy.ts";
import { type LoadCrash, Supervisor } from "../../../src/client/supervisor.ts";
import type { EngineReport } from "../../../src/protocol/engineStatus.ts";
import type {
	FimRequest,
	GenerationStats,
} from "../../../src/protocol/generation.ts";
import { FakeClock } from "../../support/fakes/fakeClock.ts";
import { emptyRequest, someStats } from "../../support/fakes/fakeEngine.ts";
import { FakeProcess } from "../../support/fakes/fakeProcess.ts";
import { fakeDescription, fakeLoad } from "../../support/fakes/fakeRuntime.ts";
import { plainLoadOptions } from "../../support/loadOptions.ts";
import { settle } from "../../support/settle.ts";

/** @param isAsked whether the test provides the load options. */
function setUp({ isAsked = false } = {}) {
	const answers: ((file: string) => void)[] = [];
	const clock = new FakeClock();
	const processes: FakeProcess[] = [];
	/** With the number of processes forked so far. */
	const loadCrashes: (LoadCrash & { readonly after: number })[] = [];
	const supervisor = new Supervisor({
		onLoadCrash: (crash) =>
			loadCrashes.push({ ...crash, after: processes.length }),
		fork: () => {
			const process = new FakeProcess();
			processes.push(process);
			return process;
		},
		loadOptions: async () => ({
			...plainLoadOptions,
			file: isAsked
				? await new Promise<string>((resolve) => answers.push(resolve))
				: "/models/a.gguf",
		}),
		log: nullLog,
		now: clock.now,
		setTimer: clock.setTimer,
	});
	const statuses: string[] = [];
	supervisor.onDidChangeStatus(({ kind }) => statuses.push(kind));
	const process = (index: number): FakeProcess => {
		const it = processes.at(index);
		assert.ok(it, `process ${index}`);
		return it;
	};
	return {
		clock,
		processes,
		process,
		supervisor,
		statuses,
		loadCrashes,
		answers,
	};
}

const request: FimRequest = { ...emptyRequest, typed: "x" };

/** Reads a stream to its end. */
async function read(stream: ReturnType<EngineClient["complete"]>) {
	let text = "";
	let next = await stream.chunks.next();
	for (; !next.done; next = await stream.chunks.next()) text += next.value.text;
	return { text, end: next.value };
}

describe("decideRestart", () => {
	for (const [crashTimesMs, nowMs, expected] of [
		[[0], 0, { kind: "restart", pauseMs: 500 }],
		[[0, 1000], 1000, { kind: "restart", pauseMs: 5_000 }],
		[[0, 1000, 7000], 7000, { kind: "restart", pauseMs: 30_000 }],
		[[0, 1000, 7000, 40_000], 40_000, { kind: "giveUp", crashes: 4 }],
		[[0, 1000, 7000, 400_000], 400_000, { kind: "restart", pauseMs: 500 }],
	] as const)
		it(`after crashes at ${crashTimesMs.join(", ")}: ${JSON.stringify(expected)}`, () =>
			assert.deepEqual(decideRestart(crashTimesMs, nowMs), expected));
});

describe("Supervisor", () => {
	it("starts nothing until the first request, and one process for all", async () => {
		const { supervisor, processes, process } = setUp();
		assert.equal(processes.length, 0);
		const both = Promise.all([supervisor.connect(), supervisor.connect()]);
		process(0).hello();
		assert.ok((await both).every((it) => it.ok));
		assert.equal(processes.length, 1);
		assert.deepEqual(
			process(0).sent.map((it) => it.kind),
			["load"],
		);
	});

	it("restarts after growing pauses, gives up after four crashes, and forgets them on a manual restart", async () => {
		const { supervisor, clock, process, processes, statuses } = setUp();
		void supervisor.connect();
		process(0).hello();
		for (const [index, pauseMs] of [500, 5_000, 30_000].entries()) {
			process(index).exit();
			clock.advance(pauseMs - 1);
			assert.equal(processes.length, index + 1);
			clock.advance(1);
			assert.equal(processes.length, index + 2);
			process(index + 1).hello();
		}
		process(3).exit("signal SIGSEGV");
		clock.advance(600_000);
		assert.equal(processes.length, 4);
		assert.equal(statuses.at(-1), "crashed");
		const refused = await supervisor.connect();
		assert.equal(!refused.ok && refused.error.code, "engineGaveUp");
		await supervisor.restart();
		assert.equal(processes.length, 5);
		process(4).exit();
		clock.advance(500);
		assert.equal(processes.length, 6, "the old crashes no longer count");
	});

	it("retries a load that crashes once, then names the file", async () => {
		const { supervisor, clock, process, processes } = setUp();
		const file = "/models/a.gguf";
		void supervisor.connect();
		for (const index of [0, 1]) {
			process(index).hello();
			process(index).says({
				kind: "report",
				report: { kind: "loading", file, fraction: 0 },
			});
			process(index).exit("signal SIGABRT");
			clock.advance(60_000);
		}
		assert.equal(processes.length, 2);
		const refused = await supervisor.connect();
		assert.deepEqual(!refused.ok && refused.error, {
			code: "modelCrashes",
			values: { file, why: "signal SIGABRT" },
		});
		supervisor.apply("reloadModel");
		await settle();
		assert.equal(processes.length, 3, "a change of the settings may fix it");
	});

	it("forgets a crashed load after a successful one", async () => {
		const { supervisor, clock, process, processes } = setUp();
		const file = "/models/a.gguf";
		const model = { ...fakeDescription, file };
		const budget = { localTokens: 1, contextTokens: 0, typedTokens: 1 };
		void supervisor.connect();
		for (const index of [0, 1, 2]) {
			process(index).hello();
			process(index).says({
				kind: "report",
				report: { kind: "warmingUp", model },
			});
			if (index === 1)
				process(index).says({
					kind: "report",
					report: { kind: "ready", model, budget, load: fakeLoad },
				});
			process(index).exit();
			clock.advance(30_000);
		}
		assert.equal(processes.length, 4, "no two loads in a row");
		process(3).hello();
	});

	describe("when loads crash", () => {
		const file = "/models/a.gguf";
		const loading = (step: string | undefined, of = file) =>
			({
				kind: "loading",
				file: of,
				fraction: 0,
				...(step === undefined ? {} : { step }),
			}) as const;

		/** Runs a process for each report, which crashes after it. */
		function crashAt(...reports: readonly EngineReport[]) {
			const it = setUp();
			void it.supervisor.connect();
			for (const [index, report] of reports.entries()) {
				it.process(index).hello();
				it.process(index).says({ kind: "report", report });
				it.process(index).exit("signal SIGABRT");
				it.clock.advance(30_000);
			}
			return it;
		}

		const cases: Readonly<
			Record<string, readonly [readonly EngineReport[], isStarted: boolean]>
		> = {
			"another step": [[loading("gpu"), loading("cpu")], true],
			"three steps": [[loading("a"), loading("b"), loading("c")], true],
			"the same step": [[loading("gpu"), loading("gpu")], false],
			"the same step while warming up": [
				[
					loading("gpu"),
					{
						kind: "warmingUp",
						model: { ...fakeDescription, file },
						step: "gpu",
					},
				],
				false,
			],
			"a step after none": [[loading(undefined), loading("gpu")], true],
			"no step after one": [[loading("gpu"), loading(undefined)], true],
			"no step twice": [[loading(undefined), loading(undefined)], false],
			"the same step of another file": [
				[loading("gpu"), loading("gpu", "/models/b.gguf")],
				true,
			],
			"more steps than a short while has room for": [
				["a", "b", "c", "d"].map((it) => loading(it)),
				false,
			],
		};
		for (const [what, [reports, isStarted]] of Object.entries(cases))
			it(`${isStarted ? "restarts" : "gives up"} after ${what}`, () => {
				const { processes } = crashAt(...reports);
				assert.equal(processes.length, reports.length + (isStarted ? 1 : 0));
			});

		it("reports the step that crashed before the next process starts", () => {
			const { loadCrashes } = crashAt(loading("gpu"), loading(undefined));
			const why = "signal SIGABRT";
			assert.deepEqual(loadCrashes, [
				{ file, step: "gpu", why, after: 1 },
				{ file, step: undefined, why, after: 2 },
			]);
		});

		it("reports the last crash too, after which it gives up", () => {
			const { loadCrashes } = crashAt(loading("gpu"), loading("gpu"));
			assert.deepEqual(
				loadCrashes.map(({ after }) => after),
				[1, 2],
			);
		});

		it("reports no crash after the load, and no requested shutdown", async () => {
			const model = fakeDescription;
			const budget = { localTokens: 1, contextTokens: 0, typedTokens: 1 };
			const { loadCrashes, supervisor, process } = crashAt({
				kind: "ready",
				model,
				budget,
				load: fakeLoad,
			});
			process(1).hello();
			process(1).says({ kind: "report", report: loading("gpu") });
			const stopped = supervisor.stop();
			process(1).exit();
			await stopped;
			assert.deepEqual(loadCrashes, []);
		});

		it("forgets the step on a manual restart", async () => {
			const { supervisor, process, processes, clock } = crashAt(loading("gpu"));
			const restarted = supervisor.restart();
			process(1).exit();
			await restarted;
			process(2).hello();
			process(2).says({ kind: "report", report: loading("gpu") });
			process(2).exit("signal SIGABRT");
			clock.advance(500);
			assert.equal(processes.length, 4);
		});
	});

	it("connects to the next process after a pause", async () => {
		const { supervisor, clock, process } = setUp();
		void supervisor.connect();
		process(0).exit();
		const waiting = supervisor.connect();
		clock.advance(500);
		process(1).hello();
		assert.ok((await waiting).ok);
	});

	it("settles connections when it gives up", async () => {
		const { supervisor, clock, process } = setUp();
		const waiting = supervisor.connect();
		for (const index of [0, 1, 2, 3]) {
			process(index).exit();
			clock.advance(30_000);
		}
		const result = await waiting;
		assert.equal(!result.ok && result.error.code, "engineGaveUp");
	});

	it("exposes the running process without starting one", async () => {
		const { supervisor, processes, process } = setUp();
		const running = () => supervisor.running;
		assert.equal(running(), undefined);
		assert.equal(processes.length, 0);
		const connected = supervisor.connect();
		assert.equal(running(), undefined, "it does not listen yet");
		process(0).hello();
		await connected;
		running()?.send({
			kind: "describeDevices",
			requestId: "1",
			gpu: null,
		});
		assert.equal(process(0).sent.at(-1)?.kind, "describeDevices");
		const stopped = supervisor.stop();
		assert.equal(running(), undefined, "it is shutting down");
		process(0).exit();
		await stopped;
		assert.equal(running(), undefined);
		assert.equal(processes.length, 1);
	});

	it("kills a process that never says hello", () => {
		const { supervisor, clock, process, statuses } = setUp();
		void supervisor.connect();
		clock.advance(60_000);
		assert.ok(process(0).killed);
		assert.equal(statuses.at(-1), "crashed");
	});

	it("shuts a process down, and kills it if it does not exit", async () => {
		const { supervisor, clock, process, statuses } = setUp();
		void supervisor.connect();
		process(0).hello();
		const stopped = supervisor.stop();
		assert.equal(process(0).sent.at(-1)?.kind, "shutdown");
		clock.advance(1_500);
		await stopped;
		assert.ok(process(0).killed);
		assert.equal(statuses.at(-1), "stopped");
		clock.advance(600_000);
		assert.equal(statuses.at(-1), "stopped", "a stop is no crash");
	});

	it("starts a new process for a connection during a stop", async () => {
		const { supervisor, process, processes } = setUp();
		void supervisor.connect();
		const stopped = supervisor.stop();
		const waiting = supervisor.connect();
		process(0).exit();
		await stopped;
		assert.equal(processes.length, 2);
		process(1).hello();
		assert.ok((await waiting).ok);
	});

	it("does not connect to a process that is shutting down", async () => {
		const { supervisor, process } = setUp();
		void supervisor.connect();
		process(0).hello();
		const restarted = supervisor.restart();
		const waiting = supervisor.connect();
		// Its messages, before and after its end, are ignored.
		process(0).hello();
		process(0).exit();
		process(0).hello();
		await restarted;
		await settle();
		process(1).hello();
		const connected = await waiting;
		assert.ok(connected.ok);
		connected.value.send({ kind: "cancel", requestId: "x" });
		assert.equal(process(1).sent.at(-1)?.kind, "cancel");
	});

	it("stops when a stop follows a restart", async () => {
		const { supervisor, process, processes } = setUp();
		void supervisor.connect();
		process(0).hello();
		const both = Promise.all([supervisor.restart(), supervisor.stop()]);
		process(0).exit();
		await both;
		assert.equal(processes.length, 1);
	});

	it("treats a failed fork as a crash", async () => {
		const clock = new FakeClock();
		const supervisor = new Supervisor({
			fork: () => {
				throw new Error("spawn ENOMEM");
			},
			loadOptions: () => {
				throw new Error("never asked");
			},
			log: nullLog,
			now: clock.now,
			setTimer: clock.setTimer,
		});
		const waiting = supervisor.connect();
		clock.advance(60_000);
		const result = await waiting;
		assert.deepEqual(!result.ok && result.error, {
			code: "engineGaveUp",
			values: { count: "4", why: "spawn ENOMEM" },
		});
	});

	it("reloads in a running process, and starts nothing for it", async () => {
		const { supervisor, process, processes } = setUp();
		supervisor.apply("reloadModel");
		assert.equal(processes.length, 0);
		void supervisor.connect();
		process(0).hello();
		await settle();
		supervisor.apply("reloadModel");
		await settle();
		assert.deepEqual(
			process(0).sent.map((it) => it.kind),
			["load", "load"],
		);
		supervisor.apply("restartEngine");
		process(0).exit();
		await settle();
		assert.equal(processes.length, 2);
	});

	it("connects only after the load was sent", async () => {
		const { supervisor, process, answers } = setUp({ isAsked: true });
		let isConnected = false;
		void supervisor.connect().then(() => {
			isConnected = true;
		});
		process(0).hello();
		await settle();
		assert.ok(!isConnected);
		answers.shift()?.("/models/a.gguf");
		await settle();
		assert.ok(isConnected);
		assert.deepEqual(
			process(0).sent.map((it) => it.kind),
			["load"],
		);
	});

	it("sends only the latest load options, whichever come first", async () => {
		const { supervisor, process, answers } = setUp({ isAsked: true });
		void supervisor.connect();
		process(0).hello();
		supervisor.apply("reloadModel");
		const [first, second] = answers;
		second?.("/models/second.gguf");
		await settle();
		first?.("/models/first.gguf");
		await settle();
		assert.deepEqual(
			process(0).sent.map((it) => it.kind === "load" && it.options.file),
			["/models/second.gguf"],
		);
	});

	it("sends nothing to a process that has ended", async () => {
		const { supervisor, clock, process, answers } = setUp({ isAsked: true });
		void supervisor.connect();
		process(0).hello();
		process(0).exit();
		clock.advance(500);
		answers.shift()?.("/models/a.gguf");
		await settle();
		assert.deepEqual(process(0).sent, []);
		assert.deepEqual(process(1).sent, []);
	});

	it("kills the process and settles connections on dispose", async () => {
		const { supervisor, process } = setUp();
		const waiting = supervisor.connect();
		supervisor.dispose();
		assert.ok(process(0).killed);
		assert.ok(!(await waiting).ok);
		assert.ok(!(await supervisor.connect()).ok);
	});

	it("ignores invalid messages", async () => {
		const { supervisor, process } = setUp();
		const connected = supervisor.connect();
		process(0).says({ kind: "nonsense" } as never);
		process(0).hello();
		assert.ok((await connected).ok);
	});
});

describe("EngineClient", () => {
	function withClient() {
		const it = setUp();
		return { ...it, client: new EngineClient(it.supervisor) };
	}

	it("streams the chunks of its request, and ends with its statistics", async () => {
		const { client, process } = withClient();
		const completed: GenerationStats[] = [];
		client.onDidComplete((stats) => completed.push(stats));
		const stream = client.complete(request, new AbortController().signal);
		const reading = read(stream);
		process(0).hello();
		await settle();
		const { requestId } = stream;
		process(0).says({ kind: "chunk", requestId, segment: "text", text: "a" });
		assert.deepEqual(completed, []);
		process(0).says({
			kind: "chunk",
			requestId: "other",
			segment: "text",
			text: "z",
		});
		process(0).says({ kind: "chunk", requestId, segment: "text", text: "b" });
		process(0).says({
			kind: "done",
			requestId,
			stopReason: "endOfText",
			stats: someStats,
		});
		assert.deepEqual(await reading, {
			text: "ab",
			end: { kind: "done", stopReason: "endOfText", stats: someStats },
		});
		assert.deepEqual(completed, [someStats]);
	});

	it("settles every request when the process dies", async () => {
		const { client, process } = withClient();
		const reading = [1, 2, 3].map(() =>
			read(client.complete(request, new AbortController().signal)),
		);
		process(0).hello();
		await settle();
		process(0).exit("signal SIGKILL");
		for (const { end } of await Promise.all(reading))
			assert.equal(end.kind === "failed" && end.error.code, "engineCrashed");
	});

	it("cancels in the engine on abort, and waits for the statistics", async () => {
		const { client, process } = withClient();
		const controller = new AbortController();
		const stream = client.complete(request, controller.signal);
		const reading = read(stream);
		process(0).hello();
		await settle();
		controller.abort();
		assert.deepEqual(process(0).sent.at(-1), {
			kind: "cancel",
			requestId: stream.requestId,
		});
		process(0).says({
			kind: "done",
			requestId: stream.requestId,
			stopReason: "cancelled",
			stats: someStats,
		});
		assert.equal((await reading).end.kind, "done");
	});

	it("ends a request that is aborted before it connects", async () => {
		const { client, process } = withClient();
		const controller = new AbortController();
		const reading = read(client.complete(request, controller.signal));
		controller.abort();
		assert.deepEqual((await reading).end, { kind: "cancelled" });
		process(0).hello();
		await settle();
		assert.deepEqual(
			process(0).sent.map((it) => it.kind),
			["load"],
		);
	});

	it("cancels the request when its reader stops early", async () => {
		const { client, process } = withClient();
		const stream = client.complete(request, new AbortController().signal);
		const first = stream.chunks.next();
		process(0).hello();
		await settle();
		process(0).says({
			kind: "chunk",
			requestId: stream.requestId,
			segment: "text",
			text: "a",
		});
		await first;
		await stream.chunks.return({ kind: "cancelled" });
		assert.equal(process(0).sent.at(-1)?.kind, "cancel");
	});
});
