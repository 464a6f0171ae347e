/** Load options from the settings and the folder where the extension is installed. */

import path from "node:path";
import type {
	ChatLoadOptions,
	LoadOptions,
	SavedPrompts,
} from "../protocol/engineProtocol.ts";
import type { MachineRecord } from "../protocol/machineRecord.ts";
import {
	type SpeculationMode,
	usesDraftModel,
} from "../protocol/speculation.ts";

/** The window in which the shipped models were trained. Their headers allow more, but then the output degrades. */
const builtInContextWindow = 768;

export interface LoadChoice {
	/** Empty for the built-in model. */
	readonly file: string;
	readonly gpu: LoadOptions["gpu"];
	readonly partialOffload: boolean;
	/** 0 leaves one core free. */
	readonly threads: number;
	readonly latencyTargetMs: number;
	readonly speculation: SpeculationMode;
	/** Files of draft models for the file, best first. Ignored for the built-in model, whose draft ships with it. */
	readonly drafts: readonly string[];
	/** Measurements of this machine; without it nothing is recorded either. */
	readonly record?: MachineRecord;
	/** Where KV snapshots of prompts are kept; without it none are. */
	readonly savedPrompts?: SavedPrompts;
	/** The chat's model, if it is another one. */
	readonly chat?: ChatLoadChoice;
}

export interface ChatLoadChoice {
	/** Empty for the built-in model. */
	readonly file: string;
	/** As for completion. */
	readonly drafts: readonly string[];
}

export function builtInModelFile(extensionFolder: string): string {
	return shippedFile(extensionFolder, "headroom-7m-q8_0.gguf");
}

function shippedFile(extensionFolder: string, name: string): string {
	return path.join(extensionFolder, "media", "models", name);
}

export function loadOptionsFor(
	choice: LoadChoice,
	extensionFolder: string,
): LoadOptions {
	const { gpu, partialOffload, threads, latencyTargetMs, speculation } = choice;
	const completion = modelOptions(choice, speculation, extensionFolder);
	const chat =
		choice.chat && modelOptions(choice.chat, speculation, extensionFolder);
	return {
		...completion,
		gpu,
		partialOffload,
		threads: threads === 0 ? null : threads,
		latencyTargetMs,
		speculation,
		record: choice.record ?? null,
		...(choice.savedPrompts && { savedPrompts: choice.savedPrompts }),
		...(chat && chat.file !== completion.file && { chat }),
	};
}

function modelOptions(
	{ file, drafts }: ChatLoadChoice,
	speculation: SpeculationMode,
	extensionFolder: string,
): ChatLoadOptions {
	const builtIn = builtInModelFile(extensionFolder);
	const chosen = file === "" ? builtIn : path.resolve(file);
	const isShipped = path.dirname(chosen) === path.dirname(builtIn);
	const usable =
		chosen === builtIn
			? [shippedFile(extensionFolder, "headroom-draft-1.6m-q8_0.gguf")]
			: drafts;
	return {
		file: isShipped ? chosen : file,
		contextWindow: isShipped ? builtInContextWindow : null,
		drafts: usesDraftModel(speculation) ? usable : [],
	};
}
