import assert from "node:assert/strict";
import { nullLog } from "../../../src/base/log.ts";
import { Supervisor } from "../../../src/client/supervisor.ts";
import type { LoadOptions } from "../../../src/protocol/engineProtocol.ts";
import { createError } from "../../../src/protocol/errors.ts";
import { FakeClock } from "../../support/fakes/fakeClock.ts";
import { FakeProcess } from "../../support/fakes/fakeProcess.ts";
import {
	type LoadBehavior,
	LoadingProcess,
	loadResult,
	refused,
} from "../../support/fakes/loadingProcess.ts";
import { gate } from "../../support/gate.ts";
import { plainLoadOptions } from "../../support/loadOptions.ts";

const optionsFor = (file: string): LoadOptions => ({
	...plainLoadOptions,
	file,
});
const loadFile = (file: string) => ({ options: () => optionsFor(file) });
const loaded = (file: string) =>
	({ kind: "loaded", result: loadResult(file) }) as const;

/**
 * The supervisor loads `/default` on its own.
 *
 * @param behaviors of the loads of each file, in their order; the last one stays. Files that are not named load.
 */
function setUp(
	behaviors: Readonly<Record<string, readonly LoadBehavior[]>> = {},
) {
	const clock = new FakeClock();
	const processes: LoadingProcess[] = [];
	const counts = new Map<string, number>();
	const behaviorOf = ({ file }: LoadOptions): LoadBehavior => {
		const count = counts.get(file) ?? 0;
		counts.set(file, count + 1);
		const known = behaviors[file] ?? [];
		return known[Math.min(count, known.length - 1)] ?? "load";
	};
	const supervisor = new Supervisor({
		fork: () => {
			const process = new LoadingProcess(behaviorOf);
			processes.push(process);
			return process;
		},
		loadOptions: () => optionsFor("/default"),
		log: nullLog,
		// Beats that pass at once would never end.
		patience: undefined,
		now: clock.now,
		// A pause before a restart passes at once.
		setTimer: (callback, ms) => {
			const timer = clock.setTimer(callback, ms);
			if (ms < 60_000) queueMicrotask(() => clock.advance(ms));
			return timer;
		},
	});
	return {
		supervisor,
		processes,
		/** Files of the loads of each process. */
		files: () => processes.map(({ loads }) => loads.map(({ file }) => file)),
	};
}

describe("Supervisor.load", () => {
	it("starts a process for the load, and brings what was loaded", async () => {
		const { supervisor, files } = setUp();
		const end = await supervisor.load(loadFile("/b"));
		assert.deepEqual(end, loaded("/b"));
		assert.deepEqual(files(), [["/b"]]);
	});

	it("loads in the process that runs", async () => {
		const { supervisor, files } = setUp();
		await supervisor.load();
		assert.deepEqual(await supervisor.load(loadFile("/b")), loaded("/b"));
		assert.deepEqual(files(), [["/default", "/b"]]);
	});

	it("reports the progress of its own load alone", async () => {
		const first = gate();
		const { supervisor } = setUp({ "/a": [first] });
		const fractions: string[] = [];
		const report = (file: string) => ({
			...loadFile(file),
			onProgress: (fraction: number) => fractions.push(`${file} ${fraction}`),
		});
		const one = supervisor.load(report("/a"));
		await first.reached;
		const two = supervisor.load(report("/b"));
		first.open();
		assert.deepEqual(await one, { kind: "superseded" });
		assert.deepEqual(await two, loaded("/b"));
		assert.deepEqual(fractions, ["/a 0.5", "/b 0.5"]);
	});

	it("fails with the error of the engine, which stays well", async () => {
		const { supervisor, files } = setUp({ "/b": ["fail"] });
		assert.deepEqual(await supervisor.load(loadFile("/b")), {
			kind: "failed",
			error: refused("/b"),
		});
		assert.deepEqual(await supervisor.load(loadFile("/c")), loaded("/c"));
		assert.deepEqual(files(), [["/b", "/c"]]);
	});

	it("goes on in the next process after a crash", async () => {
		const { supervisor, files } = setUp({ "/b": ["crash", "load"] });
		assert.deepEqual(await supervisor.load(loadFile("/b")), loaded("/b"));
		assert.deepEqual(files(), [["/b"], ["/b"]]);
	});

	it("ends when it crashes a second time at the same fallback step", async () => {
		const { supervisor, files } = setUp({ "/b": ["crash"] });
		assert.deepEqual(await supervisor.load(loadFile("/b")), {
			kind: "crashed",
			error: createError("modelCrashes", {
				file: "/b",
				why: "signal SIGABRT",
			}),
		});
		assert.deepEqual(files(), [["/b"], ["/b"]]);
		assert.deepEqual(await supervisor.load(), loaded("/default"));
	});

	it("uses the default options once a load has ended", async () => {
		const { supervisor, processes, files } = setUp();
		await supervisor.load(loadFile("/b"));
		await supervisor.restart();
		assert.deepEqual(await supervisor.load(), loaded("/default"));
		assert.equal(processes.length, 2);
		assert.ok(files()[1]?.every((file) => file === "/default"));
	});

	it("goes on in the process that a restart brings", async () => {
		const never = gate();
		const { supervisor, files } = setUp({ "/b": [never, "load"] });
		const end = supervisor.load(loadFile("/b"));
		await never.reached;
		await supervisor.restart();
		assert.deepEqual(await end, loaded("/b"));
		assert.deepEqual(files(), [["/b"], ["/b"]]);
	});

	it("restarts the process when it is to load afresh", async () => {
		const never = gate();
		const { supervisor, files } = setUp({ "/b": [never] });
		const first = supervisor.load(loadFile("/b"));
		await supervisor.connect();
		const second = supervisor.load({ ...loadFile("/a"), afresh: true });
		assert.deepEqual(await first, { kind: "superseded" });
		assert.deepEqual(await second, loaded("/a"));
		assert.deepEqual(files().at(-1), ["/a"]);
	});

	it("goes on with changed options", async () => {
		const first = gate();
		const { supervisor, processes } = setUp({ "/b": [first, "load"] });
		let latencyTargetMs = 100;
		const end = supervisor.load({
			options: () => ({ ...optionsFor("/b"), latencyTargetMs }),
		});
		await supervisor.connect();
		latencyTargetMs = 200;
		supervisor.apply("reloadModel");
		first.open();
		assert.deepEqual(await end, loaded("/b"));
		assert.deepEqual(
			processes[0]?.loads.map((it) => it.latencyTargetMs),
			[100, 200],
		);
	});

	it("sends only the later of two loads in quick succession", async () => {
		const { supervisor, files } = setUp();
		const [first, second] = await Promise.all([
			supervisor.load(loadFile("/a")),
			supervisor.load(loadFile("/b")),
		]);
		assert.deepEqual(first, { kind: "superseded" });
		assert.deepEqual(second, loaded("/b"));
		assert.deepEqual(files(), [["/b"]]);
	});

	it("ends with a stop", async () => {
		const never = gate();
		const { supervisor } = setUp({ "/b": [never] });
		const end = supervisor.load(loadFile("/b"));
		await supervisor.connect();
		await supervisor.stop();
		assert.deepEqual(await end, { kind: "stopped" });
	});

	it("starts a new process after the one that is stopping", async () => {
		const { supervisor, files } = setUp();
		await supervisor.load();
		const stopped = supervisor.stop();
		assert.deepEqual(await supervisor.load(loadFile("/b")), loaded("/b"));
		await stopped;
		assert.deepEqual(files(), [["/default"], ["/b"]]);
	});

	it("ends when the supervisor is disposed of, and at once afterwards", async () => {
		const { supervisor } = setUp();
		const end = supervisor.load();
		supervisor.dispose();
		assert.deepEqual(await end, { kind: "stopped" });
		assert.deepEqual(await supervisor.load(), { kind: "stopped" });
	});

	for (const [what, fork] of [
		[
			"never starts",
			() => {
				throw new Error("spawn ENOMEM");
			},
		],
		["never says hello", () => new FakeProcess()],
	] as const)
		it(`ends when the process ${what}`, async () => {
			const clock = new FakeClock();
			const supervisor = new Supervisor({
				fork,
				loadOptions: () => optionsFor("/default"),
				log: nullLog,
				now: clock.now,
				setTimer: clock.setTimer,
			});
			const end = supervisor.load();
			clock.advance(600_000);
			const { kind } = await end;
			assert.equal(kind, "crashed");
		});

	it("ends when its options cannot be provided", async () => {
		const { supervisor } = setUp();
		const end = await supervisor.load({
			options: () => Promise.reject(new Error("no such folder")),
		});
		assert.equal(end.kind === "crashed" && end.error.code, "engineGaveUp");
	});
});
