/** Conversations for tests, with few words. */

import {
	appendChunk,
	ask,
	createConversation,
	finishAnswer,
	type NewQuestion,
} from "../../src/chat/conversation/conversation.ts";
import type { Attachment } from "../../src/protocol/attachment.ts";
import type { Conversation } from "../../src/protocol/conversation.ts";

export function attachment(
	label: string,
	text: string,
	kind: Attachment["kind"] = "file",
): Attachment {
	return { kind, label, path: label, languageId: "typescript", text };
}

export function question(
	name: string,
	atMs: number,
	...attachments: readonly Attachment[]
): NewQuestion {
	return {
		questionId: `q-${name}`,
		answerId: `a-${name}`,
		atMs,
		model: "test",
		text: `ask ${name}`,
		prompt: `ask ${name}`,
		attachments,
	};
}

export function answered(
	conversation: Conversation,
	asked: NewQuestion,
	text = `answer to ${asked.text}`,
): Conversation {
	const streaming = ask(conversation, asked);
	return finishAnswer(
		appendChunk(streaming, asked.answerId, "text", text),
		asked.answerId,
		"endOfText",
	);
}

/** With these questions, each answered. */
export function talk(id: string, ...names: readonly string[]): Conversation {
	return names.reduce(
		(conversation, name, index) =>
			answered(conversation, question(name, index + 1)),
		createConversation(id, 0),
	);
}
