/** Recovers what is left of a conversation's file that is no JSON any more: cut short by a full disk, or with a gap after a power loss. */

import {
	ConversationHeader,
	Message,
	type Question,
} from "../../protocol/conversation.ts";

export interface TornConversation {
	readonly header: ConversationHeader;
	/** In the order of the file; undefined for one that cannot be read. */
	readonly messages: readonly (Message | undefined)[];
}

/** As `JSON.stringify` begins a message. In a text of a message, the quotes are escaped. */
const messageStart = /\{"role":"(?=(?:user|assistant)",)/g;
const headerStart = '"header":';
const messagesStart = ',"messages":[';
const maxTitleCharacters = 80;

/** Linear in the length of the text. Undefined where nothing is left. */
export function recovered(
	text: string,
	id: string,
): TornConversation | undefined {
	const starts = [...text.matchAll(messageStart)].map(({ index }) => index);
	const messages = starts.map((start, index) =>
		messageIn(text.slice(start, starts[index + 1])),
	);
	const header = headerIn(text.slice(0, starts[0])) ?? headerOf(id, messages);
	return header && { header, messages };
}

/** @param piece up to the next message. */
function messageIn(piece: string): Message | undefined {
	const end = objectEnd(piece);
	return end === undefined
		? undefined
		: Message.safeParse(parseJson(piece.slice(0, end))).data;
}

/** Behind the bracket that closes the first one. Undefined where it is not closed. */
function objectEnd(text: string): number | undefined {
	let depth = 0;
	let isInString = false;
	for (let at = 0; at < text.length; at++) {
		const it = text[at];
		if (it === '"') isInString = !isInString;
		else if (isInString) {
			// What is escaped closes nothing.
			if (it === "\\") at++;
		} else if (it === "{") depth++;
		else if (it === "}" && --depth === 0) return at + 1;
	}
	return undefined;
}

function headerIn(text: string): ConversationHeader | undefined {
	const start = text.indexOf(headerStart);
	if (start < 0) return undefined;
	const end = text.indexOf(messagesStart, start);
	const json = text.slice(
		start + headerStart.length,
		end < 0 ? undefined : end,
	);
	return ConversationHeader.safeParse(parseJson(json)).data;
}

/** What the first and the last question tell of a conversation whose header is lost. */
function headerOf(
	id: string,
	messages: readonly (Message | undefined)[],
): ConversationHeader | undefined {
	const questions = messages.filter(
		(it): it is Question => it?.role === "user",
	);
	const [first] = questions;
	if (!first) return undefined;
	const header = {
		id,
		createdAtMs: first.askedAtMs,
		updatedAtMs: questions.at(-1)?.askedAtMs ?? first.askedAtMs,
		title: (first.text.split("\n", 1)[0] ?? "").slice(0, maxTitleCharacters),
		leaf: null,
	};
	return ConversationHeader.safeParse(header).data;
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
