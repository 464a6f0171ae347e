/** Exports the visible messages of a conversation as Markdown. */

import { assertNever } from "../../base/assert.ts";
import { openFence } from "../../base/text/fences.ts";
import type {
	Answer,
	Conversation,
	Message,
	Question,
} from "../../protocol/conversation.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import { inCodeFence } from "./codeFence.ts";
import { visiblePath } from "./conversation.ts";

/** In the user's language. */
export interface ExportWords {
	readonly question: string;
	/** With the name of the model. */
	readonly answer: (model: string) => string;
	readonly attached: (label: string) => string;
	readonly reasoning: string;
	/** Below an answer that is not complete. */
	readonly stopped: string;
	/** Below an answer that was cut off by the context window. */
	readonly cutOff: string;
	readonly error: (error: HeadroomError) => string;
}

export function exportMarkdown(
	conversation: Conversation,
	words: ExportWords,
): string {
	const parts = visiblePath(conversation).flatMap((message) =>
		exportMessage(message, words),
	);
	return `${[`# ${conversation.title}`, ...parts].join("\n\n")}\n`;
}

function exportMessage(message: Message, words: ExportWords): string[] {
	return message.role === "user"
		? exportQuestion(message, words)
		: exportAnswer(message, words);
}

function exportQuestion(
	{ text, attachments }: Question,
	words: ExportWords,
): string[] {
	return [
		`## ${words.question}`,
		...(text.trim() === "" ? [] : [withClosedFence(text.trim())]),
		...attachments.flatMap((it) => [
			words.attached(it.label),
			inCodeFence(it.text, it.languageId),
		]),
	];
}

function exportAnswer(answer: Answer, words: ExportWords): string[] {
	const { model, reasoning, text } = answer;
	const note = noteOf(answer, words);
	return [
		`## ${words.answer(model)}`,
		...(reasoning.trim() === ""
			? []
			: [
					blockquote(
						`${words.reasoning}\n\n${withClosedFence(reasoning.trim())}`,
					),
				]),
		...(text.trim() === "" ? [] : [withClosedFence(text.trim())]),
		...(note === undefined ? [] : [`*${note}*`]),
	];
}

function noteOf({ state }: Answer, words: ExportWords): string | undefined {
	switch (state.kind) {
		case "complete":
			return state.stopReason === "endOfText" ? undefined : words.cutOff;
		case "streaming":
		case "stopped":
			return words.stopped;
		case "failed":
			return words.error(state.error);
		default:
			return assertNever(state);
	}
}

/** An open fence would swallow everything that follows. */
function withClosedFence(text: string): string {
	const fence = openFence(text);
	return fence === undefined ? text : `${text}\n${fence}`;
}

function blockquote(text: string): string {
	return text
		.split("\n")
		.map((line) => (line.trim() === "" ? ">" : `> ${line}`))
		.join("\n");
}
