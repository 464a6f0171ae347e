/** A conversation as the view shows it: in pages, and without the text that only the model reads. */

import { assertNever } from "../../base/assert.ts";
import type { MessageState, ViewMessage } from "../../protocol/chatView.ts";
import type {
	AnswerState,
	Conversation,
	Message,
} from "../../protocol/conversation.ts";
import type { Describe } from "../chatPorts.ts";
import { branchesAt, visiblePath } from "./conversation.ts";

/** The limit of one message to the view. */
const pageMessages = 40;

export interface MessagePage {
	readonly messages: readonly ViewMessage[];
	readonly hasEarlier: boolean;
}

/** The newest visible messages, or those before the message with this id. */
export function messagePage(
	conversation: Conversation,
	describe: Describe,
	beforeId?: string,
): MessagePage {
	const path = visiblePath(conversation);
	const before =
		beforeId === undefined
			? path.length
			: path.findIndex(({ id }) => id === beforeId);
	const end = Math.max(0, before);
	const start = Math.max(0, end - pageMessages);
	return {
		messages: path
			.slice(start, end)
			.map((it) => viewMessage(conversation, it, describe)),
		hasEarlier: start > 0,
	};
}

export function viewMessage(
	conversation: Conversation,
	message: Message,
	describe: Describe,
): ViewMessage {
	const { id, role, text } = message;
	const branches = branchesAt(conversation, id);
	const isQuestion = message.role === "user";
	return {
		id,
		role,
		text,
		reasoning: isQuestion ? "" : message.reasoning,
		state: isQuestion ? "complete" : stateOf(message.state),
		error:
			!isQuestion && message.state.kind === "failed"
				? describe(message.state.error)
				: null,
		attached: isQuestion
			? message.attachments.map(({ label, kind }) => ({ label, kind }))
			: [],
		branch:
			branches.length > 1
				? { index: branches.indexOf(id), count: branches.length }
				: null,
	};
}

function stateOf(state: AnswerState): MessageState {
	switch (state.kind) {
		case "complete":
			// The answer was cut off, and must not look complete.
			return state.stopReason === "endOfText" ? "complete" : "stopped";
		case "streaming":
		case "stopped":
		case "failed":
			return state.kind;
		default:
			return assertNever(state);
	}
}
