/** Builds messages of the chat panel from the parts that matter to a test. */

import type {
	ToChatView,
	ViewMessage,
} from "../../../src/protocol/chatView.ts";

export function question(
	id: string,
	text: string,
	rest: Partial<ViewMessage> = {},
): ViewMessage {
	return { ...answer(id, text), role: "user", ...rest };
}

export function answer(
	id: string,
	text: string,
	rest: Partial<ViewMessage> = {},
): ViewMessage {
	return {
		id,
		role: "assistant",
		text,
		reasoning: "",
		state: "complete",
		error: null,
		attached: [],
		branch: null,
		...rest,
	};
}

export function conversation(
	...messages: readonly ViewMessage[]
): Extract<ToChatView, { kind: "conversation" }> {
	return {
		kind: "conversation",
		id: "c1",
		title: "Sorting a list",
		messages,
		hasEarlier: false,
	};
}
