/** A conversation as it is shown and stored: a tree of questions and answers. */

import * as z from "zod/mini";
import { Attachment } from "./attachment.ts";
import { HeadroomError } from "./errors.ts";

/** Also the name of the conversation's file: no separators or dots, which could lead out of the folder. */
export const ConversationId = z.string().check(z.regex(/^[\w-]{1,64}$/));

const timeMs = z.number().check(z.nonnegative());

export const Question = z.readonly(
	z.object({
		role: z.literal("user"),
		id: z.string(),
		/** The answer before it; null for the first question. */
		parent: z.nullable(z.string()),
		askedAtMs: timeMs,
		/** As the user typed it. */
		text: z.string(),
		/** As it is sent: with the prompt of a slash command, for example. */
		prompt: z.string(),
		attachments: z.readonly(z.array(Attachment)),
	}),
);
export type Question = z.infer<typeof Question>;

export const AnswerState = z.discriminatedUnion("kind", [
	z.object({ kind: z.literal("streaming") }),
	/** Any reason but `endOfText` means that the answer was cut off. */
	z.object({
		kind: z.literal("complete"),
		stopReason: z.enum(["endOfText", "maxTokens", "contextFull"]),
	}),
	/** By the user, or because the window closed. */
	z.object({ kind: z.literal("stopped") }),
	z.object({ kind: z.literal("failed"), error: HeadroomError }),
]);
export type AnswerState = z.infer<typeof AnswerState>;

export const Answer = z.readonly(
	z.object({
		role: z.literal("assistant"),
		id: z.string(),
		/** The question. */
		parent: z.string(),
		startedAtMs: timeMs,
		/** The name of the model that answered. */
		model: z.string(),
		/** What a reasoning model generated before the answer; may be empty. */
		reasoning: z.string(),
		text: z.string(),
		// An error code of a newer version must not make the answer unreadable.
		state: z.catch(AnswerState, { kind: "stopped" }),
	}),
);
export type Answer = z.infer<typeof Answer>;

export const Message = z.discriminatedUnion("role", [Question, Answer]);
export type Message = z.infer<typeof Message>;

const about = {
	id: ConversationId,
	createdAtMs: timeMs,
	/** The time of the last question. */
	updatedAtMs: timeMs,
	title: z.string(),
};

export const ConversationHeader = z.readonly(
	z.object({
		...about,
		/** The last visible message: it and its ancestors are the visible path. Null for an empty conversation. */
		leaf: z.nullable(z.string()),
	}),
);
export type ConversationHeader = z.infer<typeof ConversationHeader>;

export interface Conversation extends ConversationHeader {
	/** In order of creation: a parent precedes its children. */
	readonly messages: readonly Message[];
}

/** An entry of the list of conversations. */
export const ConversationSummary = z.readonly(
	z.object({ ...about, messageCount: z.int().check(z.nonnegative()) }),
);
export type ConversationSummary = z.infer<typeof ConversationSummary>;
