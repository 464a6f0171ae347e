import assert from "node:assert/strict";
import { Emitter } from "../../../src/base/event.ts";
import { success } from "../../../src/base/result.ts";
import { ModelSwitch } from "../../../src/client/modelSwitch.ts";
import type { EngineStatus } from "../../../src/protocol/engineStatus.ts";
import { createError } from "../../../src/protocol/errors.ts";
import {
	type ModelSelection,
	selectedModel,
} from "../../../src/protocol/modelSelection.ts";
import { fakeDescription, fakeLoad } from "../../support/fakes/fakeRuntime.ts";
import { settle } from "../../support/settle.ts";

const ready = (file: string): EngineStatus => ({
	kind: "ready",
	model: { ...fakeDescription, file, name: file },
	budget: { localTokens: 1, contextTokens: 0 },
	load: fakeLoad,
});
const loading = (file: string, fraction = 0): EngineStatus => ({
	kind: "loading",
	file,
	fraction,
});
const refused = (file: string) =>
	createError("modelRefused", { file, why: "this is a test" });
const failed = (file: string): EngineStatus => ({
	kind: "failed",
	error: refused(file),
});
const selection = (setting: string, pin?: string): ModelSelection => ({
	setting,
	pin,
});

/** An engine that is told in a test what to say, and a selection that is kept at once. */
function setUp(first: EngineStatus = ready("/a")) {
	const emitter = new Emitter<EngineStatus>();
	const calls: string[] = [];
	const written: ModelSelection[] = [];
	let current = selection("/a");
	let unwritable = false;
	const meanings = new Map<string, string>();
	const engine = {
		status: first,
		onDidChangeStatus: emitter.event,
		async connect() {
			calls.push("connect");
			return success({ send() {} });
		},
		async restart() {
			calls.push("restart");
		},
	};
	const modelSwitch = new ModelSwitch({
		engine,
		current: () => current,
		async write(wanted) {
			if (unwritable) throw new Error("the settings have unsaved changes.");
			written.push(wanted);
			current = wanted;
		},
		fileOf: async (wanted) => {
			const model = selectedModel(wanted);
			return meanings.get(model) ?? model;
		},
	});
	const progress: number[] = [];
	return {
		modelSwitch,
		calls,
		written,
		progress,
		current: () => current,
		/** As if the user had written it into the settings. */
		choose(wanted: ModelSelection) {
			current = wanted;
		},
		/** As an automatic choice may change. */
		meansNow(model: string, file: string) {
			meanings.set(model, file);
		},
		makeUnwritable() {
			unwritable = true;
		},
		async says(...statuses: readonly EngineStatus[]) {
			await settle();
			for (const status of statuses) {
				engine.status = status;
				emitter.fire(status);
				await settle();
			}
		},
		/** At once, as the supervisor does it. */
		restarts() {
			for (const kind of ["stopped", "starting"] as const) {
				engine.status = { kind };
				emitter.fire(engine.status);
			}
		},
		start(wanted: ModelSelection, signal = new AbortController().signal) {
			return modelSwitch.switchTo({
				wanted,
				signal,
				onProgress: (fraction) => progress.push(fraction),
			});
		},
	};
}

describe("ModelSwitch", () => {
	it("keeps the selection, tells of progress, and ends when the model is ready", async () => {
		const { start, says, progress, current, modelSwitch, calls } = setUp();
		const outcome = start(selection("/b"));
		assert.ok(modelSwitch.isRunning);
		await says(loading("/b", 0), loading("/b", 0.5), ready("/b"));
		const end = await outcome;
		assert.equal(end.kind === "ready" && end.model.file, "/b");
		assert.deepEqual(progress, [0, 0.5]);
		assert.deepEqual(current(), selection("/b"));
		assert.ok(!modelSwitch.isRunning);
		assert.deepEqual(calls, []);
	});

	it("starts an engine that is not running", async () => {
		const { start, says, calls } = setUp({ kind: "stopped" });
		const outcome = start(selection("/b"));
		await says({ kind: "starting" }, loading("/b"), ready("/b"));
		assert.equal((await outcome).kind, "ready");
		assert.deepEqual(calls, ["connect"]);
	});

	it("puts the former model back when the new one fails", async () => {
		const { start, says, written } = setUp();
		const outcome = start(selection("/a", "/b"));
		await says(loading("/b"), failed("/b"), loading("/a"), ready("/a"));
		const end = await outcome;
		assert.ok(end.kind === "failed");
		assert.deepEqual(end.error, refused("/b"));
		assert.equal(end.restored?.file, "/a");
		assert.deepEqual(written, [selection("/a", "/b"), selection("/a")]);
	});

	it("tells when the former model cannot be put back either", async () => {
		const { start, says, current } = setUp();
		const outcome = start(selection("/b"));
		await says(loading("/b"), failed("/b"), loading("/a"), failed("/a"));
		const end = await outcome;
		assert.ok(end.kind === "failed");
		assert.deepEqual(end.error, refused("/b"));
		assert.equal(end.restored, undefined);
		assert.deepEqual(current(), selection("/a"));
	});

	it("does not try what failed a second time as the former model", async () => {
		const { start, says, written } = setUp(failed("/a"));
		const outcome = start(selection("/a"));
		await says(loading("/a"), failed("/a"));
		const end = await outcome;
		assert.equal(end.kind === "failed" && end.restored, undefined);
		assert.equal(written.length, 1);
	});

	it("puts back what the same selection stands for by now", async () => {
		const { start, says, meansNow } = setUp(failed("/a"));
		const outcome = start(selection("/a"));
		await settle();
		meansNow("/a", "/other");
		await says(loading("/a"), failed("/a"), loading("/other"), ready("/other"));
		const end = await outcome;
		assert.equal(end.kind === "failed" && end.restored?.file, "/other");
	});

	it("waits for the next start when a load ends the process, and gives up with the engine", async () => {
		const { start, says, restarts, written } = setUp();
		const error = createError("modelCrashes", { file: "/b", why: "SIGABRT" });
		const outcome = start(selection("/b"));
		await says(
			loading("/b"),
			{ kind: "crashed", error, restartInMs: 500 },
			{ kind: "starting" },
			loading("/b"),
		);
		assert.equal(written.length, 1);
		await says({ kind: "crashed", error, restartInMs: null });
		restarts();
		await says(loading("/a"), ready("/a"));
		const end = await outcome;
		assert.ok(end.kind === "failed");
		assert.deepEqual(end.error, error);
		assert.equal(end.restored?.file, "/a");
	});

	it("brings the former model back in a fresh process when it is cancelled", async () => {
		const { start, says, calls, current } = setUp();
		const controller = new AbortController();
		const outcome = start(selection("/b"), controller.signal);
		await says(loading("/b", 0.3));
		controller.abort();
		await settle();
		assert.deepEqual(calls, ["restart"]);
		assert.deepEqual(current(), selection("/a"));
		await says(loading("/a"), ready("/a"));
		const end = await outcome;
		assert.equal(end.kind === "cancelled" && end.restored?.file, "/a");
	});

	it("does nothing when it is cancelled before it begins", async () => {
		const { start, says, current } = setUp();
		const outcome = start(selection("/b"), AbortSignal.abort());
		await says(loading("/a"), ready("/a"));
		assert.equal((await outcome).kind, "cancelled");
		assert.deepEqual(current(), selection("/a"));
	});

	it("gives way to a second switch, which puts back what was there before both", async () => {
		const { start, says, current, modelSwitch } = setUp();
		const first = start(selection("/b"));
		await says(loading("/b"));
		const second = start(selection("/c"));
		assert.equal((await first).kind, "superseded");
		assert.ok(modelSwitch.isRunning);
		// The engine ends what it began.
		await says(ready("/b"), loading("/c"), failed("/c"));
		await says(loading("/a"), ready("/a"));
		const end = await second;
		assert.equal(end.kind === "failed" && end.restored?.file, "/a");
		assert.deepEqual(current(), selection("/a"));
	});

	it("does not take the failure of an earlier load for its own", async () => {
		const { start, says } = setUp(loading("/old"));
		const outcome = start(selection("/b"));
		await says(failed("/old"), loading("/b"), ready("/b"));
		assert.equal((await outcome).kind, "ready");
	});

	it("ends where the engine is stopped, and not where it is restarted", async () => {
		const { start, says, written } = setUp();
		const outcome = start(selection("/b"));
		await says(loading("/b"), { kind: "stopped" });
		assert.equal((await outcome).kind, "stopped");
		assert.deepEqual(written, [selection("/b")]);
	});

	it("ends where something else was chosen meanwhile", async () => {
		const { start, says, choose, written } = setUp();
		const outcome = start(selection("/b"));
		await says(loading("/b"));
		choose(selection("/d"));
		await says(loading("/d"), ready("/d"));
		assert.equal((await outcome).kind, "superseded");
		assert.deepEqual(written, [selection("/b")]);
	});

	it("tells when the selection cannot be kept", async () => {
		const { start, makeUnwritable } = setUp();
		makeUnwritable();
		const end = await start(selection("/b"));
		assert.ok(end.kind === "failed");
		assert.deepEqual(
			end.error,
			createError("selectionUnsaved", {
				why: "the settings have unsaved changes",
			}),
		);
	});
});
