/**
 * Turns a conversation into the turns of a prompt.
 *
 * Invariant: the turns of a path are a byte-for-byte prefix of the turns of every longer path, so that the prefix cache covers all but
 * the next question. A turn depends only on what its messages store.
 */

import type { Attachment, AttachmentKind } from "../../protocol/attachment.ts";
import type { ChatTurn } from "../../protocol/chat.ts";
import type { Message, Question } from "../../protocol/conversation.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import { inCodeFence } from "../conversation/codeFence.ts";
import { questionTitle } from "../conversation/conversation.ts";

/** Constant, because every prompt begins with it. Small models follow a short one better. */
export const systemPrompts = {
	small: "You are a programming assistant. Answer briefly.",
	full: [
		"You are a programming assistant inside a code editor. The user's files are shown to you between fences, under their paths.",
		"Answer in Markdown, briefly and exactly. Put code between fences with the name of its language.",
		"When you change a file, write its path on the line before the fence, and give either the whole file or whole functions; never leave parts out.",
		"If you do not know, say so.",
	].join("\n"),
} as const;

/** A question with its answer: included in a prompt or left out as one. */
export interface Exchange {
	/** The first question's, if several questions had no answer in between. */
	readonly questionId: string;
	/** One line, for the panel. */
	readonly label: string;
	readonly user: ChatTurn;
	/** Null if there is no answer yet. */
	readonly assistant: ChatTurn | null;
	/** The attachments as they appear in the text of `user`, for counting. */
	readonly attachments: readonly {
		readonly label: string;
		readonly text: string;
	}[];
}

const introductions: Readonly<Record<AttachmentKind, string>> = {
	selection: "Selected code, ",
	file: "File ",
	folder: "Folder ",
	symbol: "Definition of ",
	problems: "Problems reported, ",
	changes: "Changes not yet committed, ",
};

/**
 * @param path the visible path up to the question to answer. An answer without text is skipped and its question merged with the next
 * one, because chat templates require alternating roles.
 */
export function exchangesOf(path: readonly Message[]): Exchange[] {
	const exchanges: Exchange[] = [];
	for (const message of path) {
		const last = exchanges.at(-1);
		if (message.role === "user") {
			const asked = exchangeOf(message);
			if (last && !last.assistant)
				exchanges.splice(-1, 1, mergeExchanges(last, asked));
			else exchanges.push(asked);
		} else if (last && message.text !== "") {
			const assistant: ChatTurn = { role: "assistant", text: message.text };
			exchanges.splice(-1, 1, { ...last, assistant });
		}
	}
	return exchanges;
}

const sizeErrors: ReadonlySet<string> = new Set<HeadroomError["code"]>([
	"attachmentTooLarge",
	"questionTooLarge",
	"chatTooLong",
]);

/** The path without questions that were too large to send: no model has seen them, and nothing else fits beside them. */
export function withoutTooLarge(path: readonly Message[]): readonly Message[] {
	const tooLarge = new Set(
		path.flatMap((it) =>
			it.role === "assistant" &&
			it.state.kind === "failed" &&
			sizeErrors.has(it.state.error.code)
				? it.parent
				: [],
		),
	);
	return tooLarge.size === 0
		? path
		: path.filter(
				(it) => !tooLarge.has(it.role === "user" ? it.id : it.parent),
			);
}

export function turnsOf(
	systemPrompt: string,
	exchanges: readonly Exchange[],
): ChatTurn[] {
	return [
		{ role: "system", text: systemPrompt },
		...exchanges.flatMap(({ user, assistant }) =>
			assistant ? [user, assistant] : [user],
		),
	];
}

/** As it appears in the prompt. */
export function attachmentText({
	kind,
	label,
	languageId,
	text,
}: Attachment): string {
	return `${introductions[kind]}${label}:\n${inCodeFence(text, languageId)}`;
}

/**
 * The attachments that are not in the prompt yet: an unchanged file that an earlier question attached is not sent again.
 *
 * @param path the visible messages that are in the prompt.
 */
export function newAttachments(
	path: readonly Message[],
	attachments: readonly Attachment[],
): Attachment[] {
	const known = new Set(
		path.flatMap((it) =>
			it.role === "user" ? it.attachments.map(attachmentText) : [],
		),
	);
	return attachments.filter((it) => !known.has(attachmentText(it)));
}

/** The text for prompt lookup decoding: the code that was attached last, which the answer is likely to repeat; empty for none. */
export function lookupTextOf(path: readonly Message[]): string {
	for (const message of path.toReversed()) {
		if (message.role !== "user") continue;
		const code = message.attachments.filter(
			({ kind }) => kind === "file" || kind === "selection",
		);
		if (code.length > 0) return code.map(({ text }) => text).join("\n");
	}
	return "";
}

function exchangeOf(question: Question): Exchange {
	const attachments = question.attachments.map((it) => ({
		label: it.label,
		text: attachmentText(it),
	}));
	return {
		questionId: question.id,
		label: questionTitle(question),
		user: {
			role: "user",
			text: [...attachments.map(({ text }) => text), question.prompt].join(
				"\n\n",
			),
		},
		assistant: null,
		attachments,
	};
}

function mergeExchanges(first: Exchange, second: Exchange): Exchange {
	return {
		...first,
		user: {
			role: "user",
			text: `${first.user.text}\n\n${second.user.text}`,
		},
		attachments: [...first.attachments, ...second.attachments],
	};
}
