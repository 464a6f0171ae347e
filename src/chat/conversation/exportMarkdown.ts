/** A conversation as a document in Markdown: what is visible of it. */

import { assertNever } from "../../base/assert.ts";
import type {
	Answer,
	Conversation,
	Message,
	Question,
} from "../../protocol/conversation.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import { codeBlocksOf } from "../edit/codeBlocks.ts";
import { visiblePath } from "./conversation.ts";
import { fenced } from "./fence.ts";

/** In the language of the user. */
export interface ExportWords {
	readonly question: string;
	/** Says which model answered. */
	readonly answer: (model: string) => string;
	readonly attached: (label: string) => string;
	readonly reasoning: string;
	/** Below an answer that is not complete. */
	readonly stopped: string;
	/** Below an answer that had no more room. */
	readonly cut: string;
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
		...(text.trim() === "" ? [] : [closed(text.trim())]),
		...attachments.flatMap((it) => [
			words.attached(it.label),
			fenced(it.text, it.languageId),
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
			: [quoted(`${words.reasoning}\n\n${closed(reasoning.trim())}`)]),
		...(text.trim() === "" ? [] : [closed(text.trim())]),
		...(note === undefined ? [] : [`*${note}*`]),
	];
}

function noteOf({ state }: Answer, words: ExportWords): string | undefined {
	switch (state.kind) {
		case "complete":
			return state.stopReason === "endOfText" ? undefined : words.cut;
		case "streaming":
		case "stopped":
			return words.stopped;
		case "failed":
			return words.error(state.error);
		default:
			return assertNever(state);
	}
}

/** A fence that was left open would take in all that follows. */
function closed(text: string): string {
	const last = codeBlocksOf(text).at(-1);
	return last?.isOpen ? `${text}\n${last.fence}` : text;
}

function quoted(text: string): string {
	return text
		.split("\n")
		.map((line) => (line.trim() === "" ? ">" : `> ${line}`))
		.join("\n");
}
