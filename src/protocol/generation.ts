/** One completion: what is asked for, and what it took. */

import * as z from "zod/mini";
import type { HeadroomError } from "./errors.ts";

const count = z.int().check(z.nonnegative());

export const FimRequest = z.readonly(
	z.object({
		/** Where the text comes from, relative to the workspace, with forward slashes. */
		path: z.string(),
		/**
		 * The text before the cursor, in blocks whose borders stay where they are while someone types at the end.
		 * The engine leaves out whole blocks from the front, so that the prompt's start moves rarely.
		 */
		prefixBlocks: z.readonly(z.array(z.string())),
		/** The text after the cursor. */
		suffix: z.string(),
		maxTokens: z.int().check(z.positive()),
	}),
);
export type FimRequest = z.infer<typeof FimRequest>;

/** Why the model stopped. `cancelled` is not a failure. */
export const StopReason = z.enum([
	"endOfText",
	"maxTokens",
	"contextFull",
	"cancelled",
]);
export type StopReason = z.infer<typeof StopReason>;

export const GenerationStats = z.readonly(
	z.object({
		promptTokens: count,
		/** Tokens of the prompt whose KV state was still there from an earlier request. */
		reusedTokens: count,
		/** Tokens of the prompt left out to keep it within its budget: text that the model did not see. */
		leftOutTokens: count,
		prefillTokens: count,
		prefillMs: z.number(),
		decodeTokens: count,
		decodeMs: z.number(),
		/** From the arrival of the request in the engine; null where no token was made. */
		timeToFirstTokenMs: z.nullable(z.number()),
		/** From the arrival of the request in the engine, waiting for other work included. */
		totalMs: z.number(),
	}),
);
export type GenerationStats = z.infer<typeof GenerationStats>;

/** How a request ended, as its caller is told. */
export type GenerationEnd =
	| {
			readonly kind: "done";
			readonly stopReason: StopReason;
			readonly stats: GenerationStats;
	  }
	/** Cancelled before the engine knew of it. */
	| { readonly kind: "cancelled" }
	| { readonly kind: "failed"; readonly error: HeadroomError };
