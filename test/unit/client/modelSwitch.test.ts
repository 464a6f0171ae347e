import assert from "node:assert/strict";
import { ModelSwitch } from "../../../src/client/modelSwitch.ts";
import type { LoadEnd, LoadRequest } from "../../../src/client/supervisor.ts";
import { createError } from "../../../src/protocol/errors.ts";
import type { ModelDescription } from "../../../src/protocol/model.ts";
import {
	type ModelSelection,
	selectedModel,
} from "../../../src/protocol/modelSelection.ts";
import { fakeDescription, fakeLoad } from "../../support/fakes/fakeRuntime.ts";

const model = (file: string): ModelDescription => ({
	...fakeDescription,
	file,
	name: file,
});
const loaded = (file: string): LoadEnd => ({
	kind: "loaded",
	result: {
		model: model(file),
		budget: { localTokens: 1, contextTokens: 0, typedTokens: 1 },
		load: fakeLoad,
	},
});
const refused = (file: string) =>
	createError("modelRefused", { file, why: "this is a test" });
const failed = (file: string): LoadEnd => ({
	kind: "failed",
	error: refused(file),
});
const selection = (setting: string, pin?: string): ModelSelection => ({
	setting,
	pin,
});

interface Load extends Pick<LoadRequest, "onProgress" | "afresh"> {
	readonly file: string;
	readonly end: (end: LoadEnd) => void;
}

/**
 * The selection is `/a` at first, and loaded.
 *
 * @param ends how the load of a file ends; one that is not named does not end on its own.
 */
function setUp(ends: Readonly<Record<string, LoadEnd>> = {}) {
	const loads: Load[] = [];
	const waiting: ((load: Load) => void)[] = [];
	const kept: ModelSelection[] = [];
	const progress: number[] = [];
	const meanings = new Map<string, string>();
	const state = { selection: selection("/a"), unwritable: false };
	const modelSwitch = new ModelSwitch({
		selection: () => state.selection,
		async keep(wanted) {
			if (state.unwritable)
				throw new Error("the settings have unsaved changes.");
			kept.push(wanted);
			state.selection = wanted;
		},
		fileOf: async (wanted) => {
			const it = selectedModel(wanted);
			return meanings.get(it) ?? it;
		},
		load: (file, request) =>
			new Promise((end) => {
				const load = { file, end, ...request };
				loads.push(load);
				const known = ends[file];
				if (known) end(known);
				else waiting.shift()?.(load);
			}),
		loadedModel: () => model("/a"),
	});
	return {
		modelSwitch,
		state,
		loads,
		kept,
		progress,
		/** The next load that does not end on its own. */
		nextLoad: () => new Promise<Load>((resolve) => waiting.push(resolve)),
		/** As an automatic choice may change. */
		meansNow: (it: string, file: string) => meanings.set(it, file),
		start: (wanted: ModelSelection, signal = new AbortController().signal) =>
			modelSwitch.switchTo({
				wanted,
				signal,
				onProgress: (fraction) => progress.push(fraction),
			}),
		files: () => loads.map(({ file }) => file),
	};
}

describe("ModelSwitch", () => {
	it("loads the model, reports progress, and then keeps the selection", async () => {
		const it = setUp();
		const loading = it.nextLoad();
		const outcome = it.start(selection("/b"));
		assert.ok(it.modelSwitch.isRunning);
		const load = await loading;
		load.onProgress?.(0.5);
		assert.deepEqual(it.kept, [], "nothing is written for a load under way");
		load.end(loaded("/b"));
		assert.deepEqual(await outcome, { kind: "ready", model: model("/b") });
		assert.deepEqual(it.progress, [0.5]);
		assert.deepEqual(it.kept, [selection("/b")]);
		assert.deepEqual(it.files(), ["/b"]);
		assert.ok(!it.modelSwitch.isRunning);
	});

	for (const kind of ["failed", "crashed"] as const)
		it(`rolls back when the load has ${kind}`, async () => {
			const it = setUp({
				"/b": { kind, error: refused("/b") },
				"/a": loaded("/a"),
			});
			assert.deepEqual(await it.start(selection("/a", "/b")), {
				kind: "failed",
				error: refused("/b"),
				rolledBackTo: model("/a"),
			});
			assert.deepEqual(it.files(), ["/b", "/a"]);
			assert.deepEqual(it.kept, [], "the selection never changed");
		});

	it("reports a rollback that fails too", async () => {
		const it = setUp({ "/b": failed("/b"), "/a": failed("/a") });
		assert.deepEqual(await it.start(selection("/b")), {
			kind: "failed",
			error: refused("/b"),
			rolledBackTo: undefined,
		});
		assert.deepEqual(it.state.selection, selection("/a"));
	});

	it("does not roll back to the file that failed", async () => {
		const it = setUp({ "/a": failed("/a") });
		const end = await it.start(selection("/a"));
		assert.equal(end.kind === "failed" && end.rolledBackTo, undefined);
		assert.deepEqual(it.files(), ["/a"]);
	});

	it("rolls back to the file that the selection stands for by now", async () => {
		const it = setUp({ "/other": loaded("/other") });
		const loading = it.nextLoad();
		const outcome = it.start(selection("/a"));
		const load = await loading;
		it.meansNow("/a", "/other");
		load.end(failed("/a"));
		const end = await outcome;
		assert.deepEqual(
			end.kind === "failed" && end.rolledBackTo,
			model("/other"),
		);
	});

	it("rolls back in a fresh process when it is cancelled", async () => {
		const it = setUp({ "/a": loaded("/a") });
		const controller = new AbortController();
		const loading = it.nextLoad();
		const outcome = it.start(selection("/b"), controller.signal);
		await loading;
		controller.abort();
		assert.deepEqual(await outcome, {
			kind: "cancelled",
			rolledBackTo: model("/a"),
		});
		assert.deepEqual(
			it.loads.map(({ file, afresh = false }) => [file, afresh]),
			[
				["/b", false],
				["/a", true],
			],
		);
		assert.deepEqual(it.kept, []);
	});

	it("loads nothing when it is cancelled before it begins", async () => {
		const it = setUp();
		assert.deepEqual(await it.start(selection("/b"), AbortSignal.abort()), {
			kind: "cancelled",
			rolledBackTo: model("/a"),
		});
		assert.deepEqual([it.files(), it.kept], [[], []]);
	});

	it("is superseded by a second switch in quick succession", async () => {
		const it = setUp({ "/c": loaded("/c") });
		const both = [it.start(selection("/b")), it.start(selection("/c"))];
		const [first, second] = await Promise.all(both);
		assert.equal(first?.kind, "superseded");
		assert.equal(second?.kind, "ready");
		assert.deepEqual(it.files(), ["/c"]);
		assert.deepEqual(it.kept, [selection("/c")]);
	});

	it("is superseded by a switch during its load, which rolls back to the model before both", async () => {
		const it = setUp({ "/c": failed("/c"), "/a": loaded("/a") });
		const loading = it.nextLoad();
		const first = it.start(selection("/b"));
		await loading;
		const second = it.start(selection("/c"));
		assert.equal((await first).kind, "superseded");
		assert.ok(it.modelSwitch.isRunning);
		assert.deepEqual(await second, {
			kind: "failed",
			error: refused("/c"),
			rolledBackTo: model("/a"),
		});
		assert.deepEqual(it.files(), ["/b", "/c", "/a"]);
		assert.deepEqual(it.state.selection, selection("/a"));
	});

	it("loads the previous model again when a second switch is cancelled before it begins", async () => {
		const it = setUp({ "/a": loaded("/a") });
		const loading = it.nextLoad();
		const first = it.start(selection("/b"));
		await loading;
		const second = it.start(selection("/c"), AbortSignal.abort());
		assert.equal((await first).kind, "superseded");
		assert.deepEqual(await second, {
			kind: "cancelled",
			rolledBackTo: model("/a"),
		});
		assert.deepEqual(it.files(), ["/b", "/a"]);
	});

	it("is superseded by a switch during its rollback", async () => {
		const it = setUp({ "/b": failed("/b"), "/c": loaded("/c") });
		const rollingBack = it.nextLoad();
		const first = it.start(selection("/b"));
		assert.equal((await rollingBack).file, "/a");
		const second = it.start(selection("/c"));
		assert.equal((await first).kind, "superseded");
		assert.equal((await second).kind, "ready");
	});

	it("ends when another load supersedes its own, and writes nothing", async () => {
		const it = setUp({ "/b": { kind: "superseded" } });
		assert.deepEqual(await it.start(selection("/b")), { kind: "superseded" });
		assert.deepEqual([it.files(), it.kept], [["/b"], []]);
	});

	it("keeps the selection for the next start when the engine is stopped", async () => {
		const it = setUp({ "/b": { kind: "stopped" } });
		assert.deepEqual(await it.start(selection("/b")), { kind: "stopped" });
		assert.deepEqual(it.kept, [selection("/b")]);
	});

	it("rolls back when the selection cannot be written", async () => {
		const it = setUp({ "/b": loaded("/b"), "/a": loaded("/a") });
		it.state.unwritable = true;
		assert.deepEqual(await it.start(selection("/b")), {
			kind: "failed",
			error: createError("selectionUnsaved", {
				why: "the settings have unsaved changes",
			}),
			rolledBackTo: model("/a"),
		});
	});
});
