import assert from "node:assert/strict";
import { nullLog } from "../../../src/base/log.ts";
import { patienceWith } from "../../../src/client/heartbeat.ts";
import { type LoadCrash, Supervisor } from "../../../src/client/supervisor.ts";
import type { EngineReport } from "../../../src/protocol/engineStatus.ts";
import { createError, errorText } from "../../../src/protocol/errors.ts";
import { FakeClock } from "../../support/fakes/fakeClock.ts";
import { FakeProcess } from "../../support/fakes/fakeProcess.ts";
import { fakeDescription, fakeLoad } from "../../support/fakes/fakeRuntime.ts";
import { plainLoadOptions } from "../../support/loadOptions.ts";
import { settle } from "../../support/settle.ts";

const file = "/models/a.gguf";
const needs = [
	{
		kind: "needs",
		device: "RTX 9999",
		neededBytes: 5 * 2 ** 30,
		freeBytes: 6 * 2 ** 30,
		parts: [{ part: "weights", bytes: 4 * 2 ** 30 }],
	},
] as const;
const loading = (step?: string) =>
	({
		kind: "loading",
		file,
		fraction: 0.5,
		needs,
		...(step !== undefined && { step }),
	}) as const;
const ready = {
	kind: "ready",
	model: { ...fakeDescription, file },
	budget: { localTokens: 1, contextTokens: 0, typedTokens: 1 },
	load: fakeLoad,
} as const;

describe("memory that runs out in a load", () => {
	function setUp() {
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
			patience: patienceWith({}, undefined),
			log: nullLog,
			now: clock.now,
			setTimer: clock.setTimer,
		});
		const error = () => {
			const { status } = supervisor;
			assert.ok(status.kind === "crashed", status.kind);
			return status.error;
		};
		/** The newest process gets as far as this, after a pause where one is due. */
		const report = async (it: EngineReport): Promise<FakeProcess> => {
			void supervisor.connect();
			clock.advance(30_000);
			const process = processes.at(-1);
			assert.ok(process);
			process.hello();
			await settle();
			process.says({ kind: "report", report: it });
			return process;
		};
		/** What the newest process was told to avoid. */
		const avoided = () =>
			processes
				.at(-1)
				?.sent.flatMap((it) =>
					it.kind === "load" ? [it.options.avoid ?? []] : [],
				)
				.at(-1);
		return { clock, processes, crashes, supervisor, error, report, avoided };
	}

	it("is told with what was needed and what was free, marks nothing, and is avoided next", async () => {
		const it = setUp();
		(await it.report(loading("gpu"))).exit("signal SIGKILL");
		assert.equal(
			errorText(it.error()),
			"There was not enough memory to load the model file /models/a.gguf (it was killed, probably for lack of memory): " +
				"RTX 9999 needs 5.0 GB: weights 4.0 GB; free 6.0 GB.",
		);
		assert.deepEqual(it.crashes, []);
		(await it.report(loading("cpu"))).exit("signal SIGKILL");
		assert.deepEqual(it.avoided(), ["gpu"]);
		await it.report(loading("cpu, small"));
		assert.deepEqual(it.avoided(), ["gpu", "cpu"]);
		assert.deepEqual(it.crashes, []);
	});

	for (const [what, why, logged] of [
		["the last words", "signal SIGABRT: what():  std::bad_alloc", ""],
		[
			"the log before an abort",
			"signal SIGABRT: ggml-cuda.cu:97: CUDA error",
			"llama.cpp: CUDA error: out of memory",
		],
		[
			"the log before a segmentation fault",
			"signal SIGSEGV",
			"llama.cpp: alloc_tensor_range: failed to allocate CPU_REPACK buffer of size 284164096",
		],
	] as const)
		it(`is known by ${what}`, async () => {
			const it = setUp();
			const process = await it.report(loading("gpu"));
			if (logged !== "")
				process.says({ kind: "log", level: "error", message: logged });
			process.exit(why);
			assert.equal(it.error().code, "modelOutOfMemory");
			assert.deepEqual(it.crashes, []);
		});

	it("is no reason for an abort that says something else", async () => {
		const it = setUp();
		(await it.report(loading("gpu"))).exit("signal SIGABRT: GGML_ASSERT");
		assert.equal(it.error().code, "modelCrashes");
		assert.equal(it.crashes.length, 1);
		await it.report(loading("cpu"));
		assert.deepEqual(it.avoided(), []);
	});

	it("is no reason where we killed the process ourselves", async () => {
		const it = setUp();
		const process = await it.report(loading("gpu"));
		process.frozen = true;
		it.clock.advance(120_000);
		assert.ok(process.killed);
		assert.equal(it.error().code, "modelCrashes");
	});

	it("is said of a process that was ready only where llama.cpp says so", async () => {
		const it = setUp();
		(await it.report(ready)).exit("signal SIGKILL");
		assert.equal(it.error().code, "engineCrashed");
		const process = await it.report(ready);
		process.says({
			kind: "log",
			level: "error",
			message:
				"llama.cpp: ggml_aligned_malloc: insufficient memory (attempted to allocate 44.89 MB)",
		});
		process.exit("signal SIGABRT: GGML_ASSERT(ctx->mem_buffer != NULL) failed");
		assert.match(
			errorText(it.error()),
			/^The engine ran out of memory and was restarted \(llama\.cpp: ggml_aligned_malloc: .* 44\.89 MB\)\)\.$/,
		);
	});

	it("is no reason where the work that ran out of it has ended before", async () => {
		const it = setUp();
		const process = await it.report(ready);
		process.says({ kind: "log", level: "error", message: "out of memory" });
		process.says({
			kind: "failed",
			requestId: "a1",
			error: createError("chatOutOfMemory", { needs: [] }),
		});
		process.exit("signal SIGSEGV");
		assert.equal(it.error().code, "engineCrashed");
	});

	it("is said of the chat's own model, which is avoided when it is asked again", async () => {
		const it = setUp();
		const chat = {
			state: "loading",
			file: "/models/chat.gguf",
			fraction: 0.5,
			step: "chat on gpu",
			needs,
		} as const;
		(await it.report({ ...ready, chat })).exit("signal SIGKILL");
		assert.equal(it.error().code, "modelOutOfMemory");
		assert.equal(it.error().values["file"], "/models/chat.gguf");
		await it.report(ready);
		assert.deepEqual(it.avoided(), ["chat on gpu"]);
		assert.equal(it.supervisor.status.kind, "ready", "completion goes on");
	});

	it("is forgotten after ten minutes, and at once when the user restarts the engine", async () => {
		const it = setUp();
		(await it.report(loading("gpu"))).exit("signal SIGKILL");
		const process = await it.report(ready);
		assert.deepEqual(it.avoided(), ["gpu"]);
		it.clock.advance(600_000);
		it.supervisor.apply("reloadModel");
		await settle();
		assert.deepEqual(it.avoided(), []);
		process.says({ kind: "report", report: loading("gpu") });
		process.exit("signal SIGKILL");
		const restarted = it.supervisor.restart();
		await restarted;
		await it.report(ready);
		assert.deepEqual(it.avoided(), []);
	});
});
