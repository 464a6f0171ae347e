/** What the engine is doing, as the status bar shows it. */

import * as z from "zod/mini";
import { HeadroomError } from "./errors.ts";
import { ModelDescription } from "./model.ts";

/** States that the engine process tells of itself. */
export const EngineReport = z.discriminatedUnion("kind", [
	z.object({
		kind: z.literal("loading"),
		file: z.string(),
		/** 0 to 1. */
		fraction: z.number(),
	}),
	z.object({ kind: z.literal("warmingUp"), model: ModelDescription }),
	z.object({ kind: z.literal("ready"), model: ModelDescription }),
	z.object({ kind: z.literal("generating"), model: ModelDescription }),
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
