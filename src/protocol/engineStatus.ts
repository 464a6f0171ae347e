/** What the engine is doing, as the status bar shows it. */

import * as z from "zod/mini";
import { DeviceKind } from "./device.ts";
import { HeadroomError } from "./errors.ts";
import { ModelDescription } from "./model.ts";

/** What a prompt may hold with this model on this machine. */
export const PromptBudget = z.readonly(
	z.object({
		/**
		 * Tokens of the file itself, round the cursor. After a jump all of them are new: so many can be evaluated, and a line
		 * decoded, within the latency target.
		 */
		localTokens: z.int(),
		/** Tokens from other files. They are evaluated while nobody waits. */
		contextTokens: z.int(),
	}),
);
export type PromptBudget = z.infer<typeof PromptBudget>;

/** What one device holds of the model, in bytes. */
export const HeldMemory = z.readonly(
	z.object({
		/** As the driver spells it. */
		device: z.string(),
		kind: DeviceKind,
		weights: z.number(),
		kvCache: z.number(),
		buffers: z.number(),
		draft: z.number(),
		/** Of the whole device, when the load was done. */
		freeBytes: z.number(),
		totalBytes: z.number(),
	}),
);
export type HeldMemory = z.infer<typeof HeldMemory>;

/** How the model was loaded, and what it turned out to be. */
export const LoadReport = z.readonly(
	z.object({
		/** Tokens of each sequence. */
		contextWindow: z.int(),
		sequences: z.int(),
		kvType: z.enum(["f16", "q8_0"]),
		/** Empty where it could not be planned. */
		memory: z.readonly(z.array(HeldMemory)),
		prefillTokensPerSecond: z.number(),
		decodeTokensPerSecond: z.number(),
		/** Tokens of a conversation; 0 where the model cannot have one. */
		chatWindow: z.int(),
		/** The same once its context is there: from then on it is part of `memory`. */
		openChatWindow: z.exactOptional(z.int()),
		/** Why it cannot. */
		chatError: z.exactOptional(HeadroomError),
		/** The model that drafts for this one; null where none does. */
		draft: z.nullable(z.string()),
		/** What evaluating so many tokens at once takes, for verifying drafts; empty where nothing is drafted. */
		verifyMs: z.readonly(z.array(z.readonly(z.tuple([z.int(), z.number()])))),
		/** What is not as it was planned, where that costs the user something. */
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

/** How this load is tried, as the engine puts it: where the process ends in the middle, the next one leaves this step out. */
const step = z.exactOptional(z.string());

/** States that the engine process tells of itself. */
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
	/** The process is well, and the model could not be loaded. */
	z.object({ kind: z.literal("failed"), error: HeadroomError }),
]);
export type EngineReport = z.infer<typeof EngineReport>;

/** The process itself is watched from outside. */
export type EngineStatus =
	| { readonly kind: "stopped" }
	| { readonly kind: "starting" }
	| EngineReport
	| {
			readonly kind: "crashed";
			readonly error: HeadroomError;
			/** After this pause it is started again; null when that was given up. */
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

/** Tokens of other files that a prompt has room for; none while no model is ready. */
export function contextTokens(status: EngineStatus): number {
	return status.kind === "ready" || status.kind === "generating"
		? status.budget.contextTokens
		: 0;
}

/** What a loaded model holds of each device; nothing while none is ready. */
export function heldMemory(status: EngineStatus): readonly HeldMemory[] {
	return status.kind === "ready" || status.kind === "generating"
		? status.load.memory
		: [];
}

/** Of a model that could not be loaded, where that is final. */
export function fileThatFailed(status: EngineStatus): string | undefined {
	const isFinal =
		status.kind === "failed" ||
		(status.kind === "crashed" && status.restartInMs === null);
	if (!isFinal) return undefined;
	const { file } = status.error.values;
	return file;
}
