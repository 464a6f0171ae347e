/**
 * From a conversation to the turns that the model is given.
 *
 * Invariant: the turns of a path are the beginning of the turns of every longer path, byte for byte, so that the next question
 * pays for its own tokens only. A turn depends on nothing but what its messages keep.
 */

import type { ChatTurn } from "../../protocol/chat.ts";
import type {
	Attachment,
	AttachmentKind,
	Message,
	Question,
} from "../../protocol/conversation.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import { titleOf } from "../conversation/conversation.ts";
import { fenced } from "../conversation/fence.ts";

/** Constant: it begins every prompt. A small model follows a short one better. */
export const systemPrompts = {
	small: "You are a programming assistant. Answer briefly.",
	full: [
		"You are a programming assistant inside a code editor. The user's files are shown to you between fences, under their paths.",
		"Answer in Markdown, briefly and exactly. Put code between fences with the name of its language.",
		"When you change a file, write its path on the line before the fence, and give either the whole file or whole functions; never leave parts out.",
		"If you do not know, say so.",
	].join("\n"),
} as const;

/** What goes into a prompt or leaves it as one: a question with its answer. */
export interface Exchange {
	/** Of the question; of the first one where several had no answer in between. */
	readonly questionId: string;
	/** One line for the panel. */
	readonly label: string;
	readonly user: ChatTurn;
	/** Null for a question that has no answer yet. */
	readonly assistant: ChatTurn | null;
	/** What of `user` was attached, as it stands there: for counting. */
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
 * @param path the visible path up to the question that is to be answered; an answer without text, such as the one that is about to
 * stream, is passed over, and its question goes together with the next one: templates want the two sides to take turns.
 */
export function exchangesOf(path: readonly Message[]): Exchange[] {
	const exchanges: Exchange[] = [];
	for (const message of path) {
		const last = exchanges.at(-1);
		if (message.role === "user") {
			const asked = exchangeOf(message);
			if (last && !last.assistant)
				exchanges.splice(-1, 1, together(last, asked));
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

/** The path without the questions that were too large to be asked: no model has seen them, and no other question fits beside them. */
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

/** As the model reads it. */
export function attachmentText({
	kind,
	label,
	languageId,
	text,
}: Attachment): string {
	return `${introductions[kind]}${label}:\n${fenced(text, languageId)}`;
}

/**
 * What of these the model does not know yet: a file that was attached to an earlier question, and is the same still, is not sent again.
 *
 * @param path of the visible path, what still goes into the prompt.
 */
export function notYetAttached(
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

/** What the answer is likely to repeat: the code that was attached last; empty where none was. */
export function referenceOf(path: readonly Message[]): string {
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
		label: titleOf(question),
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

function together(first: Exchange, second: Exchange): Exchange {
	return {
		...first,
		user: {
			role: "user",
			text: `${first.user.text}\n\n${second.user.text}`,
		},
		attachments: [...first.attachments, ...second.attachments],
	};
}
