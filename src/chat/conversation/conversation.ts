/**
 * The transitions of a conversation: each takes one and returns the next.
 *
 * Invariants: a message follows an earlier one, so that the visible path is connected; at most one answer streams; no transition loses a
 * message, because editing and regenerating add a branch. A message that is not there leaves the conversation as it is: what a
 * model or the panel sends may come late.
 */

import type { SegmentKind } from "../../protocol/chat.ts";
import type {
	Answer,
	AnswerState,
	Attachment,
	Conversation,
	Message,
	Question,
} from "../../protocol/conversation.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import type { StopReason } from "../../protocol/generation.ts";

export interface NewAnswer {
	/** Unique within the conversation. */
	readonly answerId: string;
	readonly atMs: number;
	/** The name of the model that is asked. */
	readonly model: string;
}

export interface NewQuestion extends NewAnswer {
	/** Unique within the conversation. */
	readonly questionId: string;
	/** As the user wrote it. */
	readonly text: string;
	/** As it is sent, without what is attached. */
	readonly prompt: string;
	readonly attachments: readonly Attachment[];
}

/** In characters: about what a line of the list of conversations shows. */
const maxTitleCharacters = 60;

export function createConversation(
	id: string,
	createdAtMs: number,
): Conversation {
	return {
		id,
		createdAtMs,
		updatedAtMs: createdAtMs,
		title: "",
		leaf: null,
		messages: [],
	};
}

//#region Transitions
/** Adds the question and its answer, which streams from now on, behind what is visible. An answer that still streams is stopped. */
export function ask(
	conversation: Conversation,
	question: NewQuestion,
): Conversation {
	return askBehind(conversation, conversation.leaf, question);
}

/** Asks otherwise in place of a question: a branch beside it. */
export function edit(
	conversation: Conversation,
	questionId: string,
	question: NewQuestion,
): Conversation {
	const edited = messageOf(conversation, questionId);
	return edited?.role === "user"
		? askBehind(conversation, edited.parent, question)
		: conversation;
}

/** Answers again: a branch beside the answer with this id, or below the question with it. */
export function regenerate(
	conversation: Conversation,
	messageId: string,
	answer: NewAnswer,
): Conversation {
	const message = messageOf(conversation, messageId);
	if (!message) return conversation;
	const parent = message.role === "user" ? message.id : message.parent;
	return withAnswer(conversation, streamingAnswer(parent, answer));
}

/** The model is known that answers: it may have been loaded for that. */
export function answeredBy(
	conversation: Conversation,
	answerId: string,
	model: string,
): Conversation {
	return changeStreaming(conversation, answerId, (answer) => ({
		...answer,
		model,
	}));
}

/** What came of an answer that streams, of its reasoning or of its text. */
export function appended(
	conversation: Conversation,
	answerId: string,
	segment: SegmentKind,
	text: string,
): Conversation {
	return changeStreaming(conversation, answerId, (answer) => ({
		...answer,
		[segment]: answer[segment] + text,
	}));
}

/** The model stopped. */
export function finished(
	conversation: Conversation,
	answerId: string,
	stopReason: StopReason,
): Conversation {
	return ended(
		conversation,
		answerId,
		stopReason === "cancelled"
			? { kind: "stopped" }
			: { kind: "complete", stopReason },
	);
}

/** The user stopped it. */
export function stopped(
	conversation: Conversation,
	answerId: string,
): Conversation {
	return ended(conversation, answerId, { kind: "stopped" });
}

export function failed(
	conversation: Conversation,
	answerId: string,
	error: HeadroomError,
): Conversation {
	return ended(conversation, answerId, { kind: "failed", error });
}

/** Shows the branch with this message, up to what was added to it last. */
export function selectBranch(
	conversation: Conversation,
	messageId: string,
): Conversation {
	if (!messageOf(conversation, messageId)) return conversation;
	const branch = new Set([messageId]);
	let leaf = messageId;
	// What a message follows stands before it: one pass finds all below.
	for (const { id, parent } of conversation.messages)
		if (parent !== null && branch.has(parent)) {
			branch.add(id);
			leaf = id;
		}
	return { ...conversation, leaf };
}
//#endregion

//#region Looking
/** The messages that are shown, the first one first. */
export function visiblePath({ leaf, messages }: Conversation): Message[] {
	const path: Message[] = [];
	let next = leaf;
	for (let index = messages.length - 1; index >= 0; index--) {
		const message = messages[index];
		if (message?.id !== next) continue;
		path.push(message);
		next = message.parent;
	}
	return path.reverse();
}

/** The ids of the message and of those that are in its place in other branches, the oldest first. */
export function branchesAt(
	conversation: Conversation,
	messageId: string,
): string[] {
	const message = messageOf(conversation, messageId);
	if (!message) return [];
	return conversation.messages
		.filter(({ parent }) => parent === message.parent)
		.map(({ id }) => id);
}

export function streamingAnswerOf({
	messages,
}: Conversation): Answer | undefined {
	return messages.findLast(
		(it): it is Answer =>
			it.role === "assistant" && it.state.kind === "streaming",
	);
}

export function messageOf(
	{ messages }: Conversation,
	messageId: string,
): Message | undefined {
	return messages.findLast(({ id }) => id === messageId);
}

/** One line from a first question, or from what was attached to it; empty where there is neither. */
export function titleOf({
	text,
	attachments,
}: Pick<Question, "text" | "attachments">): string {
	return oneLine(text) || oneLine(attachments[0]?.label ?? "");
}
//#endregion

function askBehind(
	conversation: Conversation,
	parent: string | null,
	{ questionId, text, prompt, attachments, ...answer }: NewQuestion,
): Conversation {
	const question: Question = {
		role: "user",
		id: questionId,
		parent,
		askedAtMs: answer.atMs,
		text,
		prompt,
		attachments,
	};
	const next = withAnswer(
		conversation,
		streamingAnswer(questionId, answer),
		question,
	);
	return { ...next, title: conversation.title || titleOf(question) };
}

function streamingAnswer(
	parent: string,
	{ answerId, atMs, model }: NewAnswer,
): Answer {
	return {
		role: "assistant",
		id: answerId,
		parent,
		startedAtMs: atMs,
		model,
		reasoning: "",
		text: "",
		state: { kind: "streaming" },
	};
}

function withAnswer(
	conversation: Conversation,
	answer: Answer,
	...before: readonly Question[]
): Conversation {
	const running = streamingAnswerOf(conversation);
	const { messages } = running
		? stopped(conversation, running.id)
		: conversation;
	return {
		...conversation,
		updatedAtMs: answer.startedAtMs,
		leaf: answer.id,
		messages: [...messages, ...before, answer],
	};
}

function ended(
	conversation: Conversation,
	answerId: string,
	state: AnswerState,
): Conversation {
	return changeStreaming(conversation, answerId, (answer) => ({
		...answer,
		state,
	}));
}

function changeStreaming(
	conversation: Conversation,
	answerId: string,
	change: (answer: Answer) => Answer,
): Conversation {
	const { messages } = conversation;
	const index = messages.findLastIndex(({ id }) => id === answerId);
	const answer = messages[index];
	if (answer?.role !== "assistant" || answer.state.kind !== "streaming")
		return conversation;
	return { ...conversation, messages: messages.with(index, change(answer)) };
}

function oneLine(text: string): string {
	// No more than what can be shown is looked at: a question may be a whole file.
	const words = text.slice(0, 1_000).replace(/\s+/g, " ").trim();
	const characters = [...words];
	if (characters.length <= maxTitleCharacters) return words;
	const start = characters.slice(0, maxTitleCharacters - 1).join("");
	return `${start.trimEnd()}…`;
}
