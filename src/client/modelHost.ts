/**
 * Hosts the model of this window: one engine, what it loads, and what it learns of the machine.
 *
 * Invariant: a change of the selection loads a model once, and not at all where the model switch wrote it after a load.
 */

import { orAborted } from "../base/abort.ts";
import { type Disposable, DisposableStore } from "../base/disposable.ts";
import { Emitter, type Event } from "../base/event.ts";
import type { Log } from "../base/log.ts";
import type { Result } from "../base/result.ts";
import { type SetTimer, setRealTimer } from "../base/timers.ts";
import type { LoadOptions } from "../protocol/engineProtocol.ts";
import {
	type ChatLoaded,
	fileThatFailed,
	heldMemory,
	loadedModel,
} from "../protocol/engineStatus.ts";
import type { HeadroomError } from "../protocol/errors.ts";
import {
	withBadLoad,
	withLearned,
	withoutBadLoads,
} from "../protocol/machineRecord.ts";
import {
	type ModelSelection,
	selectedModel,
} from "../protocol/modelSelection.ts";
import type { Settings } from "../settings/settings.ts";
import type { SettingsEffect } from "../settings/settingsChange.ts";
import type { RecordStore } from "../storage/recordStore.ts";
import { type EngineOutcome, withEngine } from "./benchmarkEngine.ts";
import { type ChatLoadChoice, loadOptionsFor } from "./builtInModel.ts";
import { describeDevices } from "./devices/describeDevices.ts";
import { MachineDevices } from "./devices/machineDevices.ts";
import { EngineClient } from "./engineClient.ts";
import type { EngineProcess, ForkOptions } from "./engineProcess.ts";
import { patienceWith } from "./heartbeat.ts";
import { ModelSwitch } from "./modelSwitch.ts";
import type { PromptFolder } from "./promptFolder.ts";
import { Supervisor } from "./supervisor.ts";

/** The model that the user selected, and the files that this stands for. */
export interface ModelSource {
	readonly selection: ModelSelection;
	/** Rejects where the selection cannot be written. */
	select(selection: ModelSelection): Promise<void>;
	/** In time for a start of the engine. Must not reject. */
	fileToLoad(): Promise<string>;
	fileOf(selection: ModelSelection): Promise<string>;
	/** The chat's model beside this one for completion; the same file if one serves both, which is the default. Must not reject. */
	chatFileFor?(completionFile: string): Promise<string>;
	/** Files of models that may draft for this one, best first. Must not reject. */
	draftsFor(file: string): Promise<readonly string[]>;
	/** Drops an automatic choice that could not be loaded. False where it was none, or nothing else can be chosen. */
	avoid(file: string): boolean;
}

export interface ModelHostOptions {
	readonly fork: (
		options: Pick<ForkOptions, "env" | "inspectPort">,
	) => EngineProcess;
	readonly env: NodeJS.ProcessEnv;
	/** For a debugger to attach to the engine of the window. */
	readonly inspectPort?: number | undefined;
	readonly source: ModelSource;
	readonly settings: () => Settings;
	readonly records: RecordStore;
	/** Without it no prompts are kept on disk. */
	readonly prompts?: PromptFolder | undefined;
	/** Where the extension is installed. */
	readonly extensionFolder: string;
	readonly log: Log;
	readonly now?: () => number;
	readonly setTimer?: SetTimer;
}

export class ModelHost implements Disposable {
	readonly supervisor: Supervisor;
	readonly client: EngineClient;
	readonly devices: MachineDevices;
	readonly modelSwitch: ModelSwitch;
	readonly #options: Required<ModelHostOptions>;
	readonly #store = new DisposableStore();
	readonly #onWillReplaceModel = new Emitter<void>();
	/** What the engine has loaded, or loads when it is needed. */
	#selected: string;

	/** Fires before another model is loaded, or the same one with other settings: what it answered so far does not count any more. */
	readonly onWillReplaceModel: Event<void> = this.#onWillReplaceModel.event;

	constructor(options: ModelHostOptions) {
		this.#options = {
			inspectPort: undefined,
			prompts: undefined,
			now: Date.now,
			setTimer: setRealTimer,
			...options,
		};
		const { source, records } = options;
		this.#selected = selectedModel(source.selection);
		void options.prompts?.clearIfUnwanted();
		this.#store.add(records);
		this.#store.add(this.#onWillReplaceModel);
		this.supervisor = this.#store.add(this.#createSupervisor());
		this.client = this.#store.add(
			new EngineClient(this.supervisor, this.#options.setTimer),
		);
		this.devices = this.#createDevices();
		this.modelSwitch = this.#createSwitch();
		this.#store.add(
			this.supervisor.onMessage((message) => {
				if (message.kind === "learned")
					records.update((it) => withLearned(it, message.learned));
			}),
		);
		this.#store.add(
			this.supervisor.onDidChangeStatus((status) => {
				const file = fileThatFailed(status);
				const hasOther = file !== undefined && source.avoid(file);
				// A switch rolls back on its own.
				if (hasOther && !this.modelSwitch.isRunning)
					this.supervisor.apply("reloadModel");
			}),
		);
	}

	/** Applies a change of the settings. An engine that does not run is not started for it. */
	apply(effect: SettingsEffect): void {
		if (effect === "nothing") return;
		void this.#options.prompts?.clearIfUnwanted();
		if (effect === "restartEngine") this.devices.forget();
		const selected = selectedModel(this.#options.source.selection);
		const isOther = selected !== this.#selected;
		this.#selected = selected;
		if (isOther || effect !== "selectModel") this.#onWillReplaceModel.fire();
		if (this.supervisor.status.kind === "stopped") return;
		if (isOther)
			void this.supervisor.load({ afresh: effect === "restartEngine" });
		else if (effect !== "selectModel") this.supervisor.apply(effect);
	}

	/** Restarts the engine, which may then try again whatever crashed before. */
	restart(): Promise<void> {
		this.#options.records.update(withoutBadLoads);
		return this.supervisor.restart();
	}

	/** Loads the models as they are selected now, that for chat too. Undefined when the signal aborts first. */
	async loadChat(
		signal: AbortSignal,
	): Promise<Result<ChatLoaded, HeadroomError> | undefined> {
		// It keeps what is loaded already.
		const end = await orAborted(this.supervisor.load(), signal);
		return end && this.client.loadChat(signal);
	}

	/** Deletes the KV snapshots of completion prompts, of all workspaces. Never rejects. */
	async clearPrompts(): Promise<void> {
		await this.#options.prompts?.clear();
		// It may be about to write one.
		this.client.clearPrompts();
	}

	/** Runs the work with a model in an engine of its own, which ends with it. */
	withModel<T>(
		file: string,
		work: (client: EngineClient) => Promise<T>,
	): Promise<EngineOutcome<T>> {
		const { fork, env, log } = this.#options;
		return withEngine(
			{
				fork: () => fork({ env }),
				// Whatever chats, the work is with this one.
				loadOptions: async () => {
					const { chat: _, ...alone } = await this.#loadOptions(file, {});
					return alone;
				},
				log,
			},
			work,
		);
	}

	dispose(): void {
		this.#store.dispose();
	}

	#createSupervisor(): Supervisor {
		const { fork, env, inspectPort, source, records, log, now, setTimer } =
			this.#options;
		return new Supervisor({
			fork: () => fork({ env, inspectPort }),
			loadOptions: async () => this.#loadOptions(await source.fileToLoad()),
			onLoadCrash: ({ file, step, why }) => {
				// Before the first step, there is nothing to skip the next time.
				if (step === undefined) return;
				const bad = { file, step, why, seenAtMs: now() };
				records.update((it) => withBadLoad(it, bad));
			},
			patience: patienceWith(env, inspectPort),
			log,
			now,
			setTimer,
		});
	}

	#createDevices(): MachineDevices {
		const { fork, env, settings, records } = this.#options;
		return new MachineDevices({
			describe: () =>
				describeDevices({
					fork: (visible) => fork({ env: visible }),
					env,
					gpu: settings()["engine.gpu"],
					record: records.current,
				}),
			held: () => heldMemory(this.supervisor.status),
		});
	}

	#createSwitch(): ModelSwitch {
		const { source } = this.#options;
		return new ModelSwitch({
			selection: () => source.selection,
			keep: (selection) => this.#keep(selection),
			fileOf: (selection) => source.fileOf(selection),
			load: (file, request) => {
				this.#onWillReplaceModel.fire();
				return this.supervisor.load({
					...request,
					options: () => this.#loadOptions(file),
				});
			},
			loadedModel: () => loadedModel(this.supervisor.status),
		});
	}

	/** Its model is loaded already, so the change of the setting that follows must not load it again. */
	async #keep(selection: ModelSelection): Promise<void> {
		const before = this.#selected;
		this.#selected = selectedModel(selection);
		try {
			await this.#options.source.select(selection);
		} catch (thrown) {
			this.#selected = before;
			throw thrown;
		}
	}

	async #loadOptions(
		file: string,
		saved = this.#options.prompts?.loadOption,
	): Promise<LoadOptions> {
		const { source, settings, records, extensionFolder } = this.#options;
		const [drafts, chat] = await Promise.all([
			source.draftsFor(file),
			this.#chatFor(file),
			records.ready,
		]);
		const current = settings();
		return loadOptionsFor(
			{
				file,
				gpu: current["engine.gpu"],
				partialOffload: current["engine.partialOffload"],
				threads: current["engine.threads"],
				latencyTargetMs: current["completion.latencyTargetMs"],
				speculation: current.speculation,
				drafts,
				record: records.current,
				...(chat && { chat }),
				...saved,
			},
			extensionFolder,
		);
	}

	/** Undefined if the model for completion also chats. */
	async #chatFor(completionFile: string): Promise<ChatLoadChoice | undefined> {
		const { source } = this.#options;
		const file = await source.chatFileFor?.(completionFile);
		if (file === undefined || file === completionFile) return undefined;
		return { file, drafts: await source.draftsFor(file) };
	}
}
