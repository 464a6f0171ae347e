/** What the engine is doing, as the status bar shows it. */

import * as z from "zod/mini";
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

/** States that the engine process tells of itself. */
export const EngineReport = z.discriminatedUnion("kind", [
	z.object({
		kind: z.literal("loading"),
		file: z.string(),
		/** 0 to 1. */
		fraction: z.number(),
	}),
	z.object({ kind: z.literal("warmingUp"), model: ModelDescription }),
	z.object({
		kind: z.literal("ready"),
		model: ModelDescription,
		budget: PromptBudget,
	}),
	z.object({
		kind: z.literal("generating"),
		model: ModelDescription,
		budget: PromptBudget,
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

/** Tokens of other files that a prompt has room for; none while no model is ready. */
export function contextTokens(status: EngineStatus): number {
	return status.kind === "ready" || status.kind === "generating"
		? status.budget.contextTokens
		: 0;
}
