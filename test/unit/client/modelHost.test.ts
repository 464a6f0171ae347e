import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { nullLog } from "../../../src/base/log.ts";
import { ModelHost } from "../../../src/client/modelHost.ts";
import { PromptFolder } from "../../../src/client/promptFolder.ts";
import type { LoadOptions } from "../../../src/protocol/engineProtocol.ts";
import {
	automaticModel,
	type ModelSelection,
	selectedModel,
} from "../../../src/protocol/modelSelection.ts";
import {
	defaultSettings,
	type Settings,
} from "../../../src/settings/settings.ts";
import { settingsEffect } from "../../../src/settings/settingsChange.ts";
import { RecordStore } from "../../../src/storage/recordStore.ts";
import { FakeClock } from "../../support/fakes/fakeClock.ts";
import { emptyRequest } from "../../support/fakes/fakeEngine.ts";
import {
	type LoadBehavior,
	LoadingProcess,
	loadResult,
	refused,
} from "../../support/fakes/loadingProcess.ts";
import { gate } from "../../support/gate.ts";
import { until } from "../../support/until.ts";

const temporary = mkdtempSync(path.join(os.tmpdir(), "headroom-host-"));
after(() => rmSync(temporary, { recursive: true, force: true }));

/** Chosen automatically; the second one when the first was avoided. */
const automaticFiles = ["/largest", "/second"];

/**
 * The settings select `/a` at first. As in the editor, writing a setting changes it and fires an event, before the write is done.
 *
 * @param behaviors how each file loads; those that are not named load well.
 */
function setUp(behaviors: Readonly<Record<string, LoadBehavior>> = {}) {
	const clock = new FakeClock();
	const processes: LoadingProcess[] = [];
	const forks: unknown[] = [];
	const avoided = new Set<string>();
	let pin: string | undefined;
	let settings: Settings = { ...defaultSettings, "model.file": "/a" };
	const change = (changes: Partial<Settings>): void => {
		const before = settings;
		settings = { ...settings, ...changes };
		host.apply(settingsEffect(before, settings));
	};
	const fileOf = (selection: ModelSelection): string => {
		const selected = selectedModel(selection);
		return selected === automaticModel
			? (automaticFiles.find((it) => !avoided.has(it)) ?? "/builtIn")
			: selected;
	};
	const source = {
		get selection() {
			return { setting: settings["model.file"], pin };
		},
		async select(selection: ModelSelection) {
			pin = selection.pin;
			change({ "model.file": selection.setting });
		},
		fileToLoad: async () => fileOf(source.selection),
		fileOf: async (selection: ModelSelection) => fileOf(selection),
		draftsFor: async (file: string) => [`${file}-draft`],
		chatFileFor: async (file: string) => (file === "/base" ? "/chat" : file),
		avoid(file: string): boolean {
			const isChosen = file === fileOf({ setting: automaticModel, pin });
			const isAutomatic = settings["model.file"] === automaticModel;
			if (isAutomatic && isChosen) avoided.add(file);
			return isAutomatic && isChosen;
		},
	};
	const records = new RecordStore({
		folder: mkdtempSync(path.join(temporary, "records-")),
		log: nullLog,
		setTimer: clock.setTimer,
	});
	const promptsFolder = path.join(
		mkdtempSync(path.join(temporary, "p-")),
		"kv",
	);
	mkdirSync(promptsFolder);
	const host: ModelHost = new ModelHost({
		fork: (options) => {
			forks.push(options);
			const process = new LoadingProcess(
				({ file }: LoadOptions) => behaviors[file] ?? "load",
			);
			processes.push(process);
			return process;
		},
		env: { PATH: "/bin" },
		inspectPort: 9230,
		source,
		settings: () => settings,
		records,
		prompts: new PromptFolder({
			folder: promptsFolder,
			workspace: "w",
			isWanted: () => settings["completion.keepPromptsOnDisk"],
			log: nullLog,
		}),
		extensionFolder: "/extension",
		log: nullLog,
		now: clock.now,
		// Pauses before a restart pass at once.
		setTimer: (callback, ms) => {
			const timer = clock.setTimer(callback, ms);
			if (ms < 60_000) queueMicrotask(() => clock.advance(ms));
			return timer;
		},
	});
	return {
		host,
		records,
		promptsFolder,
		processes,
		forks,
		change,
		selection: () => source.selection,
		loads: () => processes.flatMap((it) => it.loads),
		files: () => processes.flatMap((it) => it.loads.map(({ file }) => file)),
		/** Resolves with the next status of this kind. */
		next: (kind: string) =>
			new Promise<void>((resolve) => {
				const subscription = host.supervisor.onDidChangeStatus((status) => {
					if (status.kind !== kind) return;
					subscription.dispose();
					resolve();
				});
			}),
		switchTo: (setting: string, pinned?: string) =>
			host.modelSwitch.switchTo({
				wanted: { setting, pin: pinned },
				signal: new AbortController().signal,
				onProgress: () => {},
			}),
	};
}

describe("ModelHost", () => {
	it("loads the selected model with the settings, its drafts and the record", async () => {
		const it = setUp();
		await it.host.supervisor.load();
		assert.deepEqual(it.loads(), [
			{
				file: "/a",
				gpu: "auto",
				partialOffload: false,
				threads: null,
				contextWindow: null,
				latencyTargetMs: 300,
				speculation: "auto",
				drafts: ["/a-draft"],
				record: it.records.current,
				savedPrompts: { folder: it.promptsFolder, workspace: "w" },
			},
		]);
	});

	it("tells the engine of the chat's own model, which may have drafts, too", async () => {
		const it = setUp();
		it.change({ "model.file": "/base" });
		await it.host.supervisor.load();
		assert.deepEqual(it.loads().at(-1)?.chat, {
			file: "/chat",
			contextWindow: null,
			drafts: ["/chat-draft"],
		});
	});

	it("keeps prompts on disk for the engine of the window alone", async () => {
		const it = setUp();
		await it.host.withModel("/b", async (client) => {
			const controller = new AbortController();
			void client.complete(emptyRequest, controller.signal).chunks.next();
			await until("a load", () => it.files().length > 0);
			controller.abort();
		});
		assert.deepEqual(it.files(), ["/b"]);
		assert.equal(it.loads()[0]?.savedPrompts, undefined);
	});

	it("loads again without saved prompts, and deletes them, where they are turned off", async () => {
		const it = setUp();
		await it.host.supervisor.load();
		const ready = it.next("ready");
		it.change({ "completion.keepPromptsOnDisk": false });
		await ready;
		assert.deepEqual(
			it.loads().map(({ savedPrompts }) => savedPrompts !== undefined),
			[true, false],
		);
		await until("deletion", () => !existsSync(it.promptsFolder));
	});

	it("deletes saved prompts on request, and has the engine delete its own", async () => {
		const it = setUp();
		await it.host.clearPrompts();
		assert.equal(existsSync(it.promptsFolder), false);
		await it.host.supervisor.load();
		await it.host.clearPrompts();
		assert.deepEqual(it.processes[0]?.sent.at(-1), { kind: "clearPrompts" });
	});

	it("runs an inspector in the engine of the window alone", async () => {
		const it = setUp();
		await it.host.supervisor.load();
		await it.host.withModel("/b", async (client) => {
			const signal = AbortSignal.abort();
			await client.complete({} as never, signal).chunks.next();
		});
		void it.host.devices.get();
		assert.deepEqual(it.forks, [
			{ env: { PATH: "/bin" }, inspectPort: 9230 },
			{ env: { PATH: "/bin" } },
		]);
	});

	it("loads a switched model once, and not again for the setting that follows", async () => {
		const it = setUp();
		await it.host.supervisor.load();
		const end = await it.switchTo("/b");
		assert.deepEqual(end, { kind: "ready", model: loadResult("/b").model });
		assert.deepEqual(it.selection(), { setting: "/b", pin: undefined });
		await it.host.supervisor.load();
		assert.deepEqual(it.files(), ["/a", "/b", "/b"]);
	});

	it("announces a switched model before its load, and not again for the setting that follows", async () => {
		const it = setUp();
		await it.host.supervisor.load();
		const seen: string[][] = [];
		it.host.onWillReplaceModel(() => seen.push(it.files()));
		await it.switchTo("/b");
		// A completion that the new model has begun would be canceled, and VS Code does not ask again.
		assert.deepEqual(seen, [["/a"]]);
		it.change({ "model.file": "/d" });
		assert.equal(seen.length, 2);
		it.change({ "engine.threads": 2 });
		assert.equal(seen.length, 3);
	});

	it("starts an engine for a switch", async () => {
		const it = setUp();
		assert.equal((await it.switchTo("/b")).kind, "ready");
		assert.deepEqual(it.files(), ["/b"]);
	});

	it("loads a model once that is selected by hand in the settings", async () => {
		const it = setUp();
		await it.host.supervisor.load();
		const ready = it.next("ready");
		it.change({ "model.file": "/d" });
		await ready;
		assert.deepEqual(it.files(), ["/a", "/d"]);
	});

	it("loads nothing for a setting that the pin of the workspace overrides", async () => {
		const it = setUp();
		await it.switchTo("/a", "/pinned");
		it.change({ "model.file": "/d" });
		await it.host.supervisor.load();
		assert.deepEqual(it.files(), ["/pinned", "/pinned"]);
	});

	it("starts nothing for a change of the settings", async () => {
		const it = setUp();
		it.change({ "model.file": "/d" });
		it.change({ "engine.threads": 2 });
		assert.equal(it.processes.length, 0);
		await it.host.supervisor.load();
		assert.deepEqual(it.files(), ["/d"]);
	});

	it("lets the settings supersede a switch", async () => {
		const never = gate();
		const it = setUp({ "/b": never });
		await it.host.supervisor.load();
		const outcome = it.switchTo("/b");
		await never.reached;
		const ready = it.next("ready");
		it.change({ "model.file": "/d" });
		assert.deepEqual(await outcome, { kind: "superseded" });
		never.open();
		await ready;
		await it.next("ready");
		assert.equal(it.selection().setting, "/d");
		assert.equal(it.files().at(-1), "/d");
	});

	it("goes on with a switch when other settings change", async () => {
		const first = gate();
		const it = setUp({ "/b": first });
		await it.host.supervisor.load();
		const outcome = it.switchTo("/b");
		await first.reached;
		it.change({ "completion.latencyTargetMs": 200 });
		first.open();
		assert.equal((await outcome).kind, "ready");
		assert.deepEqual(
			it.loads().map((load) => [load.file, load.latencyTargetMs]),
			[
				["/a", 300],
				["/b", 300],
				["/b", 200],
			],
		);
	});

	it("keeps the last of two switches in quick succession", async () => {
		const it = setUp();
		await it.host.supervisor.load();
		const [first, second] = await Promise.all([
			it.switchTo("/b"),
			it.switchTo("/c"),
		]);
		assert.equal(first.kind, "superseded");
		assert.equal(second.kind, "ready");
		assert.equal(it.selection().setting, "/c");
		assert.deepEqual(it.files(), ["/a", "/c"]);
	});

	it("switches during a load", async () => {
		const first = gate();
		const it = setUp({ "/a": first });
		const load = it.host.supervisor.load();
		await first.reached;
		const outcome = it.switchTo("/b");
		assert.deepEqual(await load, { kind: "superseded" });
		first.open();
		assert.equal((await outcome).kind, "ready");
		assert.deepEqual(it.files(), ["/a", "/b"]);
	});

	for (const behavior of ["fail", "crash"] as const)
		it(`rolls back from a load that ends with a ${behavior}`, async () => {
			const it = setUp({ "/b": behavior });
			await it.host.supervisor.load();
			const end = await it.switchTo("/b");
			assert.ok(end.kind === "failed");
			assert.equal(end.error.values["file"], "/b");
			assert.deepEqual(end.rolledBackTo, loadResult("/a").model);
			assert.equal(it.selection().setting, "/a");
			assert.equal(it.host.supervisor.status.kind, "ready");
		});

	it("chooses anew when the automatic choice cannot be loaded", async () => {
		const it = setUp({ "/largest": "fail" });
		it.change({ "model.file": automaticModel });
		const ready = it.next("ready");
		await it.host.supervisor.connect();
		await ready;
		assert.deepEqual(it.files(), ["/largest", "/second"]);
	});

	it("leaves a failed automatic choice to the switch, which rolls back", async () => {
		const it = setUp({ "/largest": "fail" });
		await it.host.supervisor.load();
		const end = await it.switchTo(automaticModel);
		assert.deepEqual(end, {
			kind: "failed",
			error: refused("/largest"),
			rolledBackTo: loadResult("/a").model,
		});
		assert.deepEqual(it.files(), ["/a", "/largest", "/a"]);
	});

	it("records a fallback step that crashed, for the next load to skip, until a restart", async () => {
		const it = setUp({ "/a": "crash" });
		const end = await it.host.supervisor.load();
		assert.equal(end.kind, "crashed");
		assert.deepEqual(
			it.records.current.badLoads.map(({ file, step }) => ({ file, step })),
			[{ file: "a", step: "gpu" }],
		);
		assert.deepEqual(
			it.loads().map(({ record }) => record?.badLoads.length),
			[0, 1],
		);
		await it.host.restart();
		assert.deepEqual(it.records.current.badLoads, []);
	});

	it("records what an engine learns of the machine", async () => {
		const it = setUp();
		await it.host.supervisor.load();
		const measurement = {
			device: "cpu",
			bandwidthBytesPerSecond: 1e10,
			measuredAtMs: 1,
		};
		it.processes[0]?.says({
			kind: "learned",
			learned: { kind: "device", measurement },
		});
		assert.deepEqual(it.records.current.devices, [measurement]);
	});

	it("asks for the devices again when the engine is to run on others", async () => {
		const it = setUp();
		void it.host.devices.get();
		it.change({ speculation: "off" });
		void it.host.devices.get();
		assert.equal(it.processes.length, 1);
		it.change({ "engine.gpu": "off" });
		void it.host.devices.get();
		assert.equal(it.processes.length, 2);
	});
});
