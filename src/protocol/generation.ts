/** One completion: what is asked for, and what it took. */

import * as z from "zod/mini";
import type { HeadroomError } from "./errors.ts";

const count = z.int().check(z.nonnegative());

/** A piece of another file that helps to understand this one. */
export const Snippet = z.readonly(
	z.object({
		/** Relative to the workspace, with forward slashes. */
		path: z.string(),
		text: z.string(),
	}),
);
export type Snippet = z.infer<typeof Snippet>;

/** What someone waits for goes first: it ends whatever is only done in advance. */
export const CompletionPriority = z.enum(["typing", "idle"]);
export type CompletionPriority = z.infer<typeof CompletionPriority>;

/** What is asked for: texts of one kind are alike in how well they can be guessed. */
export const WorkKind = z.enum(["line", "block", "chat", "edit"]);
export type WorkKind = z.infer<typeof WorkKind>;

/** The parts of a prompt from what changes least to what changes most: so that typing only appends. */
export const FimRequest = z.readonly(
	z.object({
		/** The name of the repository; empty where there is none. */
		repository: z.string(),
		/** Grows at its end, and is otherwise the same from request to request. */
		snippets: z.readonly(z.array(Snippet)),
		/** Where the text comes from, relative to the workspace, with forward slashes. */
		path: z.string(),
		/** The text after the cursor, or what stood there before a small edit. */
		suffix: z.string(),
		/**
		 * The lines before the current one, in blocks whose borders stay where they are while someone types at the end.
		 * The engine leaves out whole blocks from the front, so that the prompt's start moves rarely.
		 */
		prefixBlocks: z.readonly(z.array(z.string())),
		/** The current line up to the cursor. */
		line: z.string(),
		/** 0 only evaluates the prompt, for when it is needed. */
		maxTokens: count,
		/** Of the rest of a line nothing is wanted behind it. */
		kind: WorkKind,
		/** Which of the most likely first tokens to go on from, the likeliest being 0: other ranks give other texts. */
		rank: count,
		priority: CompletionPriority,
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
		/** Tokens of the prompt that come from other files. */
		snippetTokens: count,
		prefillTokens: count,
		prefillMs: z.number(),
		decodeTokens: count,
		/** Evaluations of the model that they took: fewer than tokens where drafts were right. */
		decodeSteps: count,
		decodeMs: z.number(),
		/** What they would have taken one by one, as far as that is known; 0 where nothing was drafted. */
		plainDecodeMs: z.number(),
		/** Tokens of drafts that the model was asked about. */
		draftedTokens: count,
		acceptedTokens: count,
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
