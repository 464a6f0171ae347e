/** The model that the user selected: where the selection is kept, and which file it stands for. */

import type * as vscode from "vscode";
import type { Log } from "../../base/log.ts";
import type { Result } from "../../base/result.ts";
import type { ModelSource } from "../../client/modelHost.ts";
import { AutomaticChatModel } from "../../models/choice/automaticChatModel.ts";
import { AutomaticModel } from "../../models/choice/automaticModel.ts";
import { readBenchmarkResults } from "../../models/choice/benchmarkStore.ts";
import type { ChatChoice } from "../../models/choice/chatModelChoice.ts";
import { DraftModels } from "../../models/choice/draftModels.ts";
import {
	canComplete,
	mayRecommend,
} from "../../models/choice/recommendModel.ts";
import { listInstalledModels } from "../../models/library/installedModels.ts";
import type { ModelList } from "../../models/library/modelLibrary.ts";
import type { Device } from "../../protocol/device.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import type { Role } from "../../protocol/model.ts";
import {
	automaticModel,
	builtInModel,
	completionModel,
	type ModelSelection,
	parsePin,
	selectedModel,
} from "../../protocol/modelSelection.ts";
import { usesDraftModel } from "../../protocol/speculation.ts";
import type { Configuration } from "../platform/configuration.ts";

/** Not a workspace setting: files that come with a workspace must not decide what is loaded. */
const pinKey = "headroom.model.pinned";

export interface ChosenModelOptions {
	readonly context: vscode.ExtensionContext;
	readonly configuration: Configuration;
	readonly devices: () => Promise<Result<readonly Device[], HeadroomError>>;
	readonly builtInFile: string;
	/** Results of the benchmark. */
	readonly benchmarkFile: string;
	readonly log: Log;
}

export class ChosenModel implements ModelSource {
	readonly builtInFile: string;
	readonly #options: ChosenModelOptions;
	readonly #automatic: AutomaticModel;
	readonly #automaticChat: AutomaticChatModel;
	readonly #drafts: DraftModels;

	constructor(options: ChosenModelOptions) {
		const { builtInFile, devices, log } = options;
		this.#options = options;
		this.builtInFile = builtInFile;
		const list = async () => (await this.list()).models;
		this.#drafts = new DraftModels({ list, log });
		this.#automatic = new AutomaticModel({
			list,
			benchmarks: () => readBenchmarkResults(options.benchmarkFile),
			devices,
			builtInFile,
			log,
		});
		this.#automaticChat = new AutomaticChatModel({
			list,
			devices,
			builtInFile,
			log,
		});
	}

	/** `headroom.chat.modelFile`. */
	get chatSelection(): string {
		return this.#options.configuration.settings["chat.modelFile"];
	}

	/** Rejects where VS Code cannot write. */
	selectChat(selection: string): Promise<void> {
		return this.#options.configuration.set("chat.modelFile", selection);
	}

	get selection(): ModelSelection {
		const { configuration, context } = this.#options;
		return {
			setting: configuration.settings["model.file"],
			pin: parsePin(context.workspaceState.get<unknown>(pinKey)),
		};
	}

	/** Rejects where VS Code cannot write. */
	async select({ setting, pin }: ModelSelection): Promise<void> {
		const { configuration, context } = this.#options;
		await context.workspaceState.update(pinKey, pin);
		if (setting !== configuration.settings["model.file"])
			await configuration.set("model.file", setting);
	}

	/** In time for a start of the engine: an automatic choice that takes longer is postponed to the next start. */
	fileToLoad(): Promise<string> {
		return this.#fileOf(this.selection, () => this.#automatic.chooseInTime());
	}

	fileOf(selection: ModelSelection): Promise<string> {
		return this.#fileOf(selection, () => this.#automatic.choose());
	}

	/** In time for a load: an automatic choice that takes longer counts from the next one. */
	async chatFileFor(completionFile: string): Promise<string> {
		const { chatSelection } = this;
		switch (chatSelection) {
			case automaticModel:
				return this.#automaticChat.fileInTimeFor(completionFile);
			case completionModel:
				return completionFile;
			default:
				return chatSelection;
		}
	}

	/** What the automatic choice of the model for chat is beside this one. */
	automaticChatFor(completionFile: string): Promise<ChatChoice> {
		return this.#automaticChat.chooseFor(completionFile);
	}

	/** What a file is best used for: chat where it only chats. */
	async roleOf(file: string): Promise<Role> {
		const { models } = await this.list();
		const model = models.find((it) => it.file === file);
		return model && !canComplete(model) && mayRecommend(model, "chat")
			? "chat"
			: "completion";
	}

	/** Draft models for a target model, best first. A load waits for them only briefly, and not at all for the built-in model, whose draft is known. */
	async draftsFor(file: string): Promise<readonly string[]> {
		const { speculation } = this.#options.configuration.settings;
		return file === this.builtInFile || !usesDraftModel(speculation)
			? []
			: this.#drafts.findInTime(file);
	}

	/** Repeats the automatic choice when it is needed next. */
	chooseAnew(): void {
		this.#automatic.forget();
		this.#automaticChat.forget();
	}

	/** Drops an automatic choice that could not be loaded. False where it was none, or nothing else can be chosen. */
	avoid(file: string): boolean {
		return (
			selectedModel(this.selection) === automaticModel &&
			this.#automatic.avoid(file)
		);
	}

	/** Searches this machine for models. */
	list(): Promise<ModelList> {
		const { context, configuration } = this.#options;
		const { settings } = configuration;
		return listInstalledModels({
			builtInFile: this.builtInFile,
			storageFolder: context.globalStorageUri.fsPath,
			folders: settings["models.folders"],
			searchesStores: settings["models.searchStores"],
			chosen: selectedModel(this.selection),
		});
	}

	async #fileOf(
		selection: ModelSelection,
		chooseAutomatic: () => Promise<string>,
	): Promise<string> {
		const selected = selectedModel(selection);
		switch (selected) {
			case automaticModel:
				return chooseAutomatic();
			case builtInModel:
				return this.builtInFile;
			default:
				return selected;
		}
	}
}
