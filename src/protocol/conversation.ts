/** A conversation as it is shown and stored: a tree of questions and answers. */

import * as z from "zod/mini";
import { HeadroomError } from "./errors.ts";

/** It names a file, and therefore holds nothing that leads out of a folder. */
export const ConversationId = z.string().check(z.regex(/^[\w-]{1,64}$/));

const timeMs = z.number().check(z.nonnegative());

export const AttachmentKind = z.enum([
	"selection",
	"file",
	"folder",
	"symbol",
	"problems",
	"changes",
]);
export type AttachmentKind = z.infer<typeof AttachmentKind>;

/** What was sent with a question: kept as it was sent, so that the prompt stays the same when the file changes. */
export const Attachment = z.readonly(
	z.object({
		kind: AttachmentKind,
		/** What the user and the model read it under, such as a path with lines. */
		label: z.string(),
		/** Relative to the workspace, with forward slashes; null where it is of no single file. */
		path: z.nullable(z.string()),
		/** As the editor names it; empty where there is none. */
		languageId: z.string(),
		text: z.string(),
	}),
);
export type Attachment = z.infer<typeof Attachment>;

export const Question = z.readonly(
	z.object({
		role: z.literal("user"),
		id: z.string(),
		/** The answer that it follows; null for a first question. */
		parent: z.nullable(z.string()),
		askedAtMs: timeMs,
		/** As the user wrote it. */
		text: z.string(),
		/** As it is sent: a slash command is worded, for one. */
		prompt: z.string(),
		attachments: z.readonly(z.array(Attachment)),
	}),
);
export type Question = z.infer<typeof Question>;

export const AnswerState = z.discriminatedUnion("kind", [
	z.object({ kind: z.literal("streaming") }),
	/** Anything but the end of the text means that the model had more to say. */
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
		/** The question that it answers. */
		parent: z.string(),
		startedAtMs: timeMs,
		/** The name of the model that answered. */
		model: z.string(),
		/** What the model thought before it answered; empty where it did not. */
		reasoning: z.string(),
		text: z.string(),
		// An error that this version has no sentence for must not make the answer unreadable.
		state: z.catch(AnswerState, { kind: "stopped" }),
	}),
);
export type Answer = z.infer<typeof Answer>;

export const Message = z.discriminatedUnion("role", [Question, Answer]);
export type Message = z.infer<typeof Message>;

const about = {
	id: ConversationId,
	createdAtMs: timeMs,
	/** When something was asked last. */
	updatedAtMs: timeMs,
	title: z.string(),
};

export const ConversationHeader = z.readonly(
	z.object({
		...about,
		/** The last message that is shown: it and those that it follows are the visible path. Null while there is none. */
		leaf: z.nullable(z.string()),
	}),
);
export type ConversationHeader = z.infer<typeof ConversationHeader>;

export interface Conversation extends ConversationHeader {
	/** In the order in which they were made: what a message follows stands before it. */
	readonly messages: readonly Message[];
}

/** What a list shows of a conversation. */
export const ConversationSummary = z.readonly(
	z.object({ ...about, messageCount: z.int().check(z.nonnegative()) }),
);
export type ConversationSummary = z.infer<typeof ConversationSummary>;
