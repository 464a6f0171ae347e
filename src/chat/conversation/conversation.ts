/**
 * The transitions of a conversation: each takes one and returns the next.
 *
 * Invariants: a message follows an earlier one, so that the visible path is connected; at most one answer streams; no transition loses a
 * message, because editing and regenerating add a branch. A transition for an unknown message changes nothing: requests may arrive late.
 */

import type { Attachment } from "../../protocol/attachment.ts";
import type { SegmentKind } from "../../protocol/chat.ts";
import type {
	Answer,
	AnswerState,
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
	/** The name of the model. */
	readonly model: string;
}

export interface NewQuestion extends NewAnswer {
	/** Unique within the conversation. */
	readonly questionId: string;
	/** As the user typed it. */
	readonly text: string;
	/** As it is sent, without attachments. */
	readonly prompt: string;
	readonly attachments: readonly Attachment[];
}

/** About one line in the list of conversations. */
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
/** Appends the question and its streaming answer to the visible path. Stops an answer that still streams. */
export function ask(
	conversation: Conversation,
	question: NewQuestion,
): Conversation {
	return appendQuestion(conversation, conversation.leaf, question);
}

/** Replaces a question on a new branch. */
export function edit(
	conversation: Conversation,
	questionId: string,
	question: NewQuestion,
): Conversation {
	const edited = findMessage(conversation, questionId);
	return edited?.role === "user"
		? appendQuestion(conversation, edited.parent, question)
		: conversation;
}

/** Adds another answer on a new branch. @param messageId the question, or an answer to it. */
export function regenerate(
	conversation: Conversation,
	messageId: string,
	answer: NewAnswer,
): Conversation {
	const message = findMessage(conversation, messageId);
	if (!message) return conversation;
	const parent = message.role === "user" ? message.id : message.parent;
	return withAnswer(conversation, streamingAnswer(parent, answer));
}

/** Records the model that answers: it may have been loaded after the question. */
export function setAnswerModel(
	conversation: Conversation,
	answerId: string,
	model: string,
): Conversation {
	return changeStreaming(conversation, answerId, (answer) => ({
		...answer,
		model,
	}));
}

/** Appends a chunk to a streaming answer. */
export function appendChunk(
	conversation: Conversation,
	answerId: string,
	segment: SegmentKind,
	text: string,
): Conversation {
	return changeStreaming(conversation, answerId, (answer) =>
		segment === "textWasReasoning"
			? { ...answer, reasoning: answer.reasoning + answer.text, text: "" }
			: { ...answer, [segment]: answer[segment] + text },
	);
}

/** The model stopped generating. */
export function finishAnswer(
	conversation: Conversation,
	answerId: string,
	stopReason: StopReason,
): Conversation {
	return ended(
		conversation,
		answerId,
		// Answers have no limit of probability: only completions are ever unsure.
		stopReason === "cancelled" || stopReason === "unsure"
			? { kind: "stopped" }
			: { kind: "complete", stopReason },
	);
}

/** The user stopped the answer. */
export function stopAnswer(
	conversation: Conversation,
	answerId: string,
): Conversation {
	return ended(conversation, answerId, { kind: "stopped" });
}

export function failAnswer(
	conversation: Conversation,
	answerId: string,
	error: HeadroomError,
): Conversation {
	return ended(conversation, answerId, { kind: "failed", error });
}

/** Shows the branch with this message, down to the message added to it last. */
export function selectBranch(
	conversation: Conversation,
	messageId: string,
): Conversation {
	if (!findMessage(conversation, messageId)) return conversation;
	const branch = new Set([messageId]);
	let leaf = messageId;
	// A parent precedes its children: one pass finds all descendants.
	for (const { id, parent } of conversation.messages)
		if (parent !== null && branch.has(parent)) {
			branch.add(id);
			leaf = id;
		}
	return { ...conversation, leaf };
}
//#endregion

//#region Queries
/** The visible messages, oldest first. */
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

/** The ids of the message and of its siblings on other branches, oldest first. */
export function branchesAt(
	conversation: Conversation,
	messageId: string,
): string[] {
	const message = findMessage(conversation, messageId);
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

export function findMessage(
	{ messages }: Conversation,
	messageId: string,
): Message | undefined {
	return messages.findLast(({ id }) => id === messageId);
}

/** One line from the question or from its first attachment; empty if it has neither. */
export function questionTitle({
	text,
	attachments,
}: Pick<Question, "text" | "attachments">): string {
	return oneLine(text) || oneLine(attachments[0]?.label ?? "");
}
//#endregion

function appendQuestion(
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
	return { ...next, title: conversation.title || questionTitle(question) };
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
		? stopAnswer(conversation, running.id)
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
	// A question may be a whole file.
	const words = text.slice(0, 1_000).replace(/\s+/g, " ").trim();
	const characters = [...words];
	if (characters.length <= maxTitleCharacters) return words;
	const start = characters.slice(0, maxTitleCharacters - 1).join("");
	return `${start.trimEnd()}…`;
}
