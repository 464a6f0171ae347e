/**
 * The file of one conversation: JSON lines that only ever grow, and of which the last one about a message counts.
 *
 * Invariant: whatever is cut off at the end, the lines before are whole, and none of their messages follows one that is missing. Each line
 * begins with the end of the one before, so that a line which was cut short spoils no other.
 */

import {
	type Conversation,
	type ConversationHeader,
	headerLine,
	type Message,
	messageLine,
	parseConversationLine,
} from "../../protocol/conversation.ts";

export type ParsedFile =
	| {
			readonly kind: "conversation";
			readonly conversation: Conversation;
			/** Some of it could not be read. */
			readonly isDamaged: boolean;
			/** How many lines tell of what later ones tell anew. */
			readonly outdatedLines: number;
	  }
	| { readonly kind: "newer" }
	/** Nothing of it can be read. */
	| { readonly kind: "broken" };

/** An answer that streams in it was stopped: whoever made it is gone, or writes it again. */
export function parseConversationFile(text: string): ParsedFile {
	const lines = text.split("\n").filter((line) => line.trim() !== "");
	const messages = new Map<string, Message>();
	let header: ConversationHeader | undefined;
	let isDamaged = false;
	let headerLines = 0;
	for (const line of lines) {
		const parsed = parseConversationLine(line);
		if (parsed.kind === "newer") return { kind: "newer" };
		if (parsed.kind === "conversation") {
			header = parsed.header;
			headerLines++;
		} else if (
			parsed.kind === "message" &&
			isConnected(parsed.message, messages)
		)
			messages.set(parsed.message.id, settled(parsed.message));
		else isDamaged = true;
	}
	if (!header) return { kind: "broken" };
	const all = [...messages.values()];
	const leaf =
		header.leaf !== null && messages.has(header.leaf)
			? header.leaf
			: (all.at(-1)?.id ?? null);
	return {
		kind: "conversation",
		conversation: { ...header, leaf, messages: all },
		isDamaged,
		outdatedLines: lines.length - messages.size - Math.min(headerLines, 1),
	};
}

/** All of it, the header first: a file that was cut short still says what it is. */
export function wholeFileText(conversation: Conversation): string {
	return [
		headerLine(conversation),
		...conversation.messages.map(messageLine),
	].join("\n");
}

/** What is to be appended to a file that holds the one, so that it holds the other. */
export function changedLines(
	saved: Conversation,
	conversation: Conversation,
): string {
	const known = new Set(saved.messages);
	const changed = conversation.messages
		.filter((it) => !known.has(it))
		.map(messageLine);
	const before = headerLine(saved);
	const header = headerLine(conversation);
	// Behind the messages that it names.
	return [...changed, ...(header === before ? [] : [header])]
		.map((line) => `\n${line}`)
		.join("");
}

function isConnected(
	{ parent }: Message,
	messages: ReadonlyMap<string, Message>,
): boolean {
	return parent === null || messages.has(parent);
}

function settled(message: Message): Message {
	return message.role === "assistant" && message.state.kind === "streaming"
		? { ...message, state: { kind: "stopped" } }
		: message;
}
