/** What the engine is doing, as the status bar shows it. */

import * as z from "zod/mini";
import { DeviceKind } from "./device.ts";
import { HeadroomError } from "./errors.ts";
import { MemoryReason } from "./memoryReason.ts";
import { ModelDescription } from "./model.ts";

/** The size of prompts for this model on this machine. */
export const PromptBudget = z.readonly(
	z.object({
		/**
		 * Tokens of the file itself, around the cursor. After a jump all of them are new: this many can be evaluated, and a line decoded,
		 * within the latency target.
		 */
		localTokens: z.int(),
		/** Tokens of other files. They are evaluated in typing pauses. */
		contextTokens: z.int(),
		/**
		 * Tokens of what was typed since prefix and suffix were frozen, beside those of the file: so that typing moves nothing that is already
		 * evaluated.
		 */
		typedTokens: z.int(),
	}),
);
export type PromptBudget = z.infer<typeof PromptBudget>;

/** The memory of the model on one device, in bytes. */
export const HeldMemory = z.readonly(
	z.object({
		/** The device's name, as reported by the driver. */
		device: z.string(),
		kind: DeviceKind,
		weights: z.number(),
		kvCache: z.number(),
		buffers: z.number(),
		draft: z.number(),
		/** Free memory of the whole device after the load. */
		freeBytes: z.number(),
		totalBytes: z.number(),
	}),
);
export type HeldMemory = z.infer<typeof HeldMemory>;

/** Sum of what the model holds on one device. */
export function bytesOf({
	weights,
	kvCache,
	buffers,
	draft,
}: HeldMemory): number {
	return weights + kvCache + buffers + draft;
}

/** How the model was loaded, and its measured speed. */
export const LoadReport = z.readonly(
	z.object({
		/** Tokens per sequence. */
		contextWindow: z.int(),
		sequences: z.int(),
		kvType: z.enum(["f16", "q8_0"]),
		/** Empty for a load without a plan. */
		memory: z.readonly(z.array(HeldMemory)),
		prefillTokensPerSecond: z.number(),
		decodeTokensPerSecond: z.number(),
		/** The context window of chats, in tokens; 0 if the model cannot chat. */
		chatWindow: z.int(),
		/** The same once its context is created, and part of `memory`. */
		openChatWindow: z.exactOptional(z.int()),
		/** Why the model cannot chat. */
		chatError: z.exactOptional(HeadroomError),
		/** Why it chats otherwise than its file says. */
		chatNote: z.exactOptional(HeadroomError),
		/** The name of the draft model, or null. */
		draft: z.nullable(z.string()),
		/** The time to verify this many tokens at once; empty if nothing is drafted. */
		verifyMs: z.readonly(z.array(z.readonly(z.tuple([z.int(), z.number()])))),
		/** A difference from the plan that slows the model down. */
		warning: z.exactOptional(HeadroomError),
		/** How long the load took, the measurements included. */
		loadMs: z.exactOptional(z.number()),
	}),
);
export type LoadReport = z.infer<typeof LoadReport>;

/** A model that is ready for requests. */
export const LoadResult = z.readonly(
	z.object({
		model: ModelDescription,
		budget: PromptBudget,
		load: LoadReport,
	}),
);
export type LoadResult = z.infer<typeof LoadResult>;

/** The model that answers questions, its own or that for completion. */
export const ChatLoaded = z.readonly(
	z.object({ model: ModelDescription, load: LoadReport }),
);
export type ChatLoaded = z.infer<typeof ChatLoaded>;

/** The key of the load strategy. If the process crashes during the load, the next one skips this strategy. */
const step = z.exactOptional(z.string());

/** What the plan of the load needs of each device, and what was free. */
const needs = z.exactOptional(z.readonly(z.array(MemoryReason)));

/** The state of the chat's own model, where it is not the one for completion. */
export const OwnChat = z.discriminatedUnion("state", [
	/** It is loaded when it is asked, and goes when it is not asked any more. */
	z.object({ state: z.literal("unloaded"), file: z.string() }),
	z.object({
		state: z.literal("loading"),
		file: z.string(),
		/** 0 to 1. */
		fraction: z.number(),
		step,
		needs,
	}),
	z.object({
		state: z.literal("warmingUp"),
		file: z.string(),
		model: ModelDescription,
		step,
		needs,
	}),
	z.object({
		/** `generating` while it answers. */
		state: z.enum(["ready", "generating"]),
		file: z.string(),
		model: ModelDescription,
		load: LoadReport,
	}),
	/** The next question tries again. */
	z.object({
		state: z.literal("failed"),
		file: z.string(),
		error: HeadroomError,
	}),
]);
export type OwnChat = z.infer<typeof OwnChat>;

/** Absent if the model for completion also chats. */
const chat = z.exactOptional(OwnChat);

const loaded = {
	model: ModelDescription,
	budget: PromptBudget,
	load: LoadReport,
	chat,
	/** Its memory is lent to the chat's model, beside which it does not fit: it is loaded again when the chat is idle. Holds nothing meanwhile. */
	isAway: z.exactOptional(z.literal(true)),
};

/** The states that the engine process reports: those of the model for completion, with that of the chat's own model. */
export const EngineReport = z.discriminatedUnion("kind", [
	z.object({
		kind: z.literal("loading"),
		file: z.string(),
		/** 0 to 1. */
		fraction: z.number(),
		step,
		needs,
		chat,
	}),
	z.object({
		kind: z.literal("warmingUp"),
		model: ModelDescription,
		step,
		needs,
		chat,
	}),
	z.object({ kind: z.literal("ready"), ...loaded }),
	z.object({ kind: z.literal("generating"), ...loaded }),
	/** The model could not be loaded; the process is fine. */
	z.object({ kind: z.literal("failed"), error: HeadroomError, chat }),
]);
export type EngineReport = z.infer<typeof EngineReport>;

/** With the states of the process itself, which the supervisor observes. */
export type EngineStatus =
	| { readonly kind: "stopped" }
	| { readonly kind: "starting" }
	| EngineReport
	| {
			readonly kind: "crashed";
			readonly error: HeadroomError;
			/** The pause before the next start; null if there is none. */
			readonly restartInMs: number | null;
	  };

/** The model that takes requests; undefined while none does. */
export function loadedModel(
	status: EngineStatus,
): ModelDescription | undefined {
	return status.kind === "ready" || status.kind === "generating"
		? status.model
		: undefined;
}

/** The prompt budget for other files, in tokens; 0 while no model is ready. */
export function contextTokens(status: EngineStatus): number {
	return status.kind === "ready" || status.kind === "generating"
		? status.budget.contextTokens
		: 0;
}

/** The memory of the loaded models by device; empty while none is ready. */
export function heldMemory(status: EngineStatus): readonly HeldMemory[] {
	const chat = ownChat(status);
	return [
		...((status.kind === "ready" || status.kind === "generating") &&
		!status.isAway
			? status.load.memory
			: []),
		...(chat && "load" in chat ? chat.load.memory : []),
	].reduce(withMemory, []);
}

/** One entry for each device. */
function withMemory(
	all: readonly HeldMemory[],
	held: HeldMemory,
): readonly HeldMemory[] {
	const isSame = ({ device, kind }: HeldMemory) =>
		device === held.device && kind === held.kind;
	if (!all.some(isSame)) return [...all, held];
	return all.map((it) =>
		isSame(it)
			? {
					...held,
					weights: it.weights + held.weights,
					kvCache: it.kvCache + held.kvCache,
					buffers: it.buffers + held.buffers,
					draft: it.draft + held.draft,
					// Each was seen after its own load; the lower figure is that of the later one.
					freeBytes: Math.min(it.freeBytes, held.freeBytes),
				}
			: it,
	);
}

/** Undefined if the model for completion also chats, or no engine runs. */
export function ownChat(status: EngineStatus): OwnChat | undefined {
	return "chat" in status ? status.chat : undefined;
}

/** What slows the loaded models down. */
export function warningsOf(status: EngineStatus): readonly HeadroomError[] {
	const chat = ownChat(status);
	return [
		...("load" in status && !status.isAway ? [status.load] : []),
		...(chat && "load" in chat ? [chat.load] : []),
	].flatMap(({ warning }) => warning ?? []);
}

/** Whether the chat's own model is being loaded. */
export function isLoadingChat(status: EngineStatus): boolean {
	const state = ownChat(status)?.state;
	return state === "loading" || state === "warmingUp";
}

/** The file of a model that finally failed to load. */
export function fileThatFailed(status: EngineStatus): string | undefined {
	const isFinal =
		status.kind === "failed" ||
		(status.kind === "crashed" && status.restartInMs === null);
	if (!isFinal) return undefined;
	const { file } = status.error.values;
	return file;
}
