/** What the engine is doing, as the status bar shows it. */

import * as z from "zod/mini";
import { DeviceKind } from "./device.ts";
import { HeadroomError } from "./errors.ts";
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
		/** The name of the draft model, or null. */
		draft: z.nullable(z.string()),
		/** The time to verify this many tokens at once; empty if nothing is drafted. */
		verifyMs: z.readonly(z.array(z.readonly(z.tuple([z.int(), z.number()])))),
		/** A difference from the plan that slows the model down. */
		warning: z.exactOptional(HeadroomError),
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

/** The key of the load strategy. If the process crashes during the load, the next one skips this strategy. */
const step = z.exactOptional(z.string());

/** The states that the engine process reports. */
export const EngineReport = z.discriminatedUnion("kind", [
	z.object({
		kind: z.literal("loading"),
		file: z.string(),
		/** 0 to 1. */
		fraction: z.number(),
		step,
	}),
	z.object({ kind: z.literal("warmingUp"), model: ModelDescription, step }),
	z.object({
		kind: z.literal("ready"),
		model: ModelDescription,
		budget: PromptBudget,
		load: LoadReport,
	}),
	z.object({
		kind: z.literal("generating"),
		model: ModelDescription,
		budget: PromptBudget,
		load: LoadReport,
	}),
	/** The model could not be loaded; the process is fine. */
	z.object({ kind: z.literal("failed"), error: HeadroomError }),
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

/** The memory of the loaded model by device; empty while none is ready. */
export function heldMemory(status: EngineStatus): readonly HeldMemory[] {
	return status.kind === "ready" || status.kind === "generating"
		? status.load.memory
		: [];
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
