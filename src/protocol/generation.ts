/** A completion request, and the statistics of its generation. */

import * as z from "zod/mini";
import type { HeadroomError } from "./errors.ts";

const count = z.int().check(z.nonnegative());

/** A part of another file, as context for this one. */
export const Snippet = z.readonly(
	z.object({
		/** Relative to the workspace, with forward slashes. */
		path: z.string(),
		text: z.string(),
	}),
);
export type Snippet = z.infer<typeof Snippet>;

/** The snippets in the prompts of documents, from one session to the next. */
export const SavedSnippets = z.readonly(
	z.array(
		z.readonly(
			z.object({ uri: z.string(), snippets: z.readonly(z.array(Snippet)) }),
		),
	),
);
export type SavedSnippets = z.infer<typeof SavedSnippets>;

/** A `typing` request preempts `idle` ones, which prepare something in advance. */
export const CompletionPriority = z.enum(["typing", "idle"]);
export type CompletionPriority = z.infer<typeof CompletionPriority>;

/** Kinds of generation that differ in the acceptance rates of drafts. */
export const WorkKind = z.enum(["line", "block", "chat", "edit"]);
export type WorkKind = z.infer<typeof WorkKind>;

/** The parts of a prompt, the most stable ones first, so that typing only appends. */
export const FimRequest = z.readonly(
	z.object({
		/** The name of the repository, or empty. */
		repository: z.string(),
		/** Only appended to from request to request, to keep the prefix of the prompt. */
		snippets: z.readonly(z.array(Snippet)),
		/** The path of the file, relative to the workspace, with forward slashes. */
		path: z.string(),
		/** The text after the cursor, possibly without its latest small edits. */
		suffix: z.string(),
		/**
		 * The text before `typed`, in blocks with borders that do not move while the user types at the end. The engine drops whole blocks from
		 * the front, so that the start of the prompt moves rarely.
		 */
		prefixBlocks: z.readonly(z.array(z.string())),
		/**
		 * The text from the end of the prefix to the cursor: the current line, or several lines typed since prefix and suffix were frozen. In
		 * prefix-first prompts it comes after the middle token, so that typing only appends.
		 */
		typed: z.string(),
		/** 0 only evaluates the prompt, in advance. */
		maxTokens: count,
		/** A `line` ends at its line break. */
		kind: WorkKind,
		/** The rank of the first token by probability, 0 being the argmax: other ranks give alternative texts. */
		rank: count,
		/** Generation stops where the joint probability of its tokens falls below this; 0 never stops it. */
		minProbability: z.number().check(z.nonnegative(), z.lte(1)),
		priority: CompletionPriority,
		/** Whether a KV snapshot of the prompt may be kept on disk, where that is on. Default: false. */
		mayPersist: z.exactOptional(z.boolean()),
	}),
);
export type FimRequest = z.infer<typeof FimRequest>;

/** Why the model stopped. `cancelled` is not a failure. */
export const StopReason = z.enum([
	"endOfText",
	"maxTokens",
	"contextFull",
	/** The joint probability fell below `minProbability`. */
	"unsure",
	"cancelled",
]);
export type StopReason = z.infer<typeof StopReason>;

export const GenerationStats = z.readonly(
	z.object({
		promptTokens: count,
		/** Tokens of the prompt reused from the KV cache. */
		reusedTokens: count,
		/** Tokens dropped to keep the prompt within its budget. */
		leftOutTokens: count,
		/** Tokens of the prompt from other files. */
		snippetTokens: count,
		prefillTokens: count,
		prefillMs: z.number(),
		decodeTokens: count,
		/** Evaluations of the model: fewer than `decodeTokens` if drafts were accepted. */
		decodeSteps: count,
		decodeMs: z.number(),
		/** The estimated time of plain decoding; 0 if nothing was drafted. */
		plainDecodeMs: z.number(),
		/** Drafted tokens that were verified. */
		draftedTokens: count,
		acceptedTokens: count,
		/** Since the request arrived in the engine; null if no token was generated. */
		timeToFirstTokenMs: z.nullable(z.number()),
		/** Since the request arrived in the engine, including the time in the queue. */
		totalMs: z.number(),
	}),
);
export type GenerationStats = z.infer<typeof GenerationStats>;

/** A piece of a streamed completion. */
export interface CompletionChunk {
	readonly text: string;
	/** The joint probability of the tokens that make up the text, 0 to 1, by the model that answers: also where they were drafted. */
	readonly probability: number;
}

/** The outcome of a request, for its caller. */
export type GenerationEnd =
	| {
			readonly kind: "done";
			readonly stopReason: StopReason;
			readonly stats: GenerationStats;
	  }
	/** Cancelled before it was sent to the engine, or without an answer of the engine to that. */
	| { readonly kind: "cancelled" }
	| { readonly kind: "failed"; readonly error: HeadroomError };
