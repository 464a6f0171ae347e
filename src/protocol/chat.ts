/** One answer of a chat: what the model is given. */

import * as z from "zod/mini";

const ChatRole = z.enum(["system", "user", "assistant"]);

/** Some million tokens, more than any window: tokenizing more would hold up completions for seconds. */
const maxTurnChars = 4 * 2 ** 20;
/** More than fit into any window: each has some tokens of the template. */
const maxTurns = 16_384;

/** What one side said, before the model's own template is put around it. */
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
		/** From what changes least to what changes most. The last is the user's. */
		turns: ChatTurns,
		/** Null answers until the model ends or the window is full. */
		maxTokens: z.nullable(z.int().check(z.positive())),
		/** 0 always takes the likeliest token. */
		temperature: z.number().check(z.nonnegative()),
		seed: z.int().check(z.nonnegative()),
		/** Text that the answer is likely to repeat, such as the file that is to be changed; empty where there is none. */
		reference: z.string().check(z.maxLength(maxTurnChars)),
		/**
		 * Where the state of the conversation is kept, absolute, so that another process need not evaluate it anew; null keeps none. Beside it
		 * stands a file of the same name with `.json` behind it.
		 */
		stateFile: z.nullable(z.string()),
	}),
);
export type ChatRequest = z.infer<typeof ChatRequest>;

/** What a conversation takes of the window, counted without evaluating anything. */
export const TokenCounts = z.readonly(
	z.object({
		/** Of the template, round all turns. */
		fixedTokens: z.int(),
		/** Of each turn. */
		turnTokens: z.readonly(z.array(z.int())),
		/** What the window holds, the answer included. */
		windowTokens: z.int(),
	}),
);
export type TokenCounts = z.infer<typeof TokenCounts>;

/** The text of the answer, or the reasoning that precedes it. */
export const SegmentKind = z.enum(["text", "reasoning"]);
export type SegmentKind = z.infer<typeof SegmentKind>;

/** A piece of an answer, in the order of generation. */
export interface AnswerChunk {
	readonly segment: SegmentKind;
	readonly text: string;
}
