/** A request for an answer in a conversation, and the pieces of that answer. */

import * as z from "zod/mini";
import type { HeadroomError } from "./errors.ts";

const ChatRole = z.enum(["system", "user", "assistant"]);

/** About a million tokens, more than any context window: tokenizing more would delay completions by seconds. */
const maxTurnChars = 4 * 2 ** 20;
/** More than fit into any context window: each has some tokens of the template. */
const maxTurns = 16_384;

/** One message of a conversation, before the chat template is applied. */
export const ChatTurn = z.readonly(
	z.object({
		role: ChatRole,
		text: z.string().check(z.maxLength(maxTurnChars)),
	}),
);
export type ChatTurn = z.infer<typeof ChatTurn>;

export const ChatTurns = z.readonly(
	z.array(ChatTurn).check(z.maxLength(maxTurns)),
);

export const ChatRequest = z.readonly(
	z.object({
		/** In the order of the conversation; the last is the user's. */
		turns: ChatTurns,
		/** Null: until the model stops or the context window is full. */
		maxTokens: z.nullable(z.int().check(z.positive())),
		/** 0 is greedy decoding (argmax). */
		temperature: z.number().check(z.nonnegative()),
		seed: z.int().check(z.nonnegative()),
		/** Text for prompt lookup decoding that the answer is likely to repeat, such as the file to change; empty for none. */
		reference: z.string().check(z.maxLength(maxTurnChars)),
		/**
		 * Absolute path of the KV snapshot, with which another process continues the conversation without evaluating it again; null keeps
		 * none. Its metadata is in a second file, with `.json` appended to the name.
		 */
		stateFile: z.nullable(z.string()),
	}),
);
export type ChatRequest = z.infer<typeof ChatRequest>;

/** The tokens of a conversation, counted without evaluating anything. */
export const TokenCounts = z.readonly(
	z.object({
		/** Of the chat template around all turns. */
		fixedTokens: z.int(),
		/** Of each turn. */
		turnTokens: z.readonly(z.array(z.int())),
		/** The context window, the answer included. */
		windowTokens: z.int(),
	}),
);
export type TokenCounts = z.infer<typeof TokenCounts>;

/**
 * The text of the answer, or the reasoning that precedes it. `textWasReasoning` has no text of its own: all text of the answer so far was
 * reasoning, which the model closed without having opened it.
 */
export const SegmentKind = z.enum(["text", "reasoning", "textWasReasoning"]);
export type SegmentKind = z.infer<typeof SegmentKind>;

/** The loaded model, as far as conversations are concerned. */
export interface ChatModel {
	readonly name: string;
	readonly parameterCount: number;
	/** The context window of a conversation, the answer included; 0 if the model cannot chat. */
	readonly windowTokens: number;
	/** Why the model cannot chat; null if it can. */
	readonly error: HeadroomError | null;
}

/** A piece of an answer, in the order of generation. */
export interface AnswerChunk {
	readonly segment: SegmentKind;
	readonly text: string;
}
