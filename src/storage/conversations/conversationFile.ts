/** The file of one conversation: a JSON document that is always replaced whole. */

import * as z from "zod/mini";
import {
	type Conversation,
	ConversationHeader,
	Message,
} from "../../protocol/conversation.ts";
import { recovered } from "./tornConversation.ts";

/** Version 1 was JSON lines: see `jsonLines.ts`. */
const version = 2;

const ConversationFile = z.object({
	version: z.literal(version),
	header: ConversationHeader,
	/** Parsed one by one: a damaged one costs itself and its replies. */
	messages: z.readonly(z.array(z.unknown())),
});
const NewerFile = z.object({ version: z.int().check(z.gt(version)) });

export type ParsedConversation =
	| {
			readonly kind: "conversation";
			readonly conversation: Conversation;
			/** Some messages could not be read. */
			readonly isDamaged: boolean;
	  }
	/** Written by a later version of Headroom. */
	| { readonly kind: "newer" }
	/** Nothing can be read. */
	| { readonly kind: "broken" };

export function conversationText(conversation: Conversation): string {
	const { id, createdAtMs, updatedAtMs, title, leaf, messages } = conversation;
	return JSON.stringify({
		version,
		header: { id, createdAtMs, updatedAtMs, title, leaf },
		messages,
	} satisfies z.infer<typeof ConversationFile>);
}

/** @param id of the conversation, with which one whose header is lost is recovered. */
export function parseConversation(text: string, id = ""): ParsedConversation {
	try {
		const json: unknown = JSON.parse(text);
		if (NewerFile.safeParse(json).success) return { kind: "newer" };
		const { header, messages } = ConversationFile.parse(json);
		return assembled(
			header,
			messages.map((it) => Message.safeParse(it).data),
		);
	} catch {
		return parseTorn(text, id);
	}
}

function parseTorn(text: string, id: string): ParsedConversation {
	const [, written = ""] = /^\{"version":(\d+)[,}]/.exec(text) ?? [];
	if (Number(written) > version) return { kind: "newer" };
	const torn = recovered(text, id);
	if (!torn) return { kind: "broken" };
	const parsed = assembled(torn.header, torn.messages);
	return parsed.kind === "conversation"
		? { ...parsed, isDamaged: true }
		: parsed;
}

/**
 * Leaves out messages whose parent is missing, so that every message follows its parent.
 *
 * @param messages of several with one id the last counts; undefined for one that could not be read.
 */
export function assembled(
	header: ConversationHeader,
	messages: Iterable<Message | undefined>,
): ParsedConversation {
	const byId = new Map<string, Message>();
	let isDamaged = false;
	for (const it of messages)
		if (it && (it.parent === null || byId.has(it.parent))) byId.set(it.id, it);
		else isDamaged = true;
	const all = [...byId.values()];
	const hasLeaf = header.leaf !== null && byId.has(header.leaf);
	const leaf = hasLeaf ? header.leaf : (all.at(-1)?.id ?? null);
	return {
		kind: "conversation",
		conversation: { ...header, leaf, messages: all },
		isDamaged,
	};
}

/**
 * What both windows wrote: of a message that both have, the one of `mine` counts, unless it is as in `base`.
 *
 * @param theirs what the file holds.
 * @param base what this window read or saved last; undefined where it did neither.
 */
export function merged(
	theirs: Conversation,
	mine: Conversation,
	base?: Conversation,
): Conversation {
	const unchanged = new Set(base?.messages);
	const messages = new Map(theirs.messages.map((it) => [it.id, it]));
	for (const it of mine.messages)
		if (!unchanged.has(it) || !messages.has(it.id)) messages.set(it.id, it);
	const header = base && isSameHeader(base, mine) ? theirs : mine;
	return { ...header, messages: [...messages.values()] };
}

function isSameHeader(a: ConversationHeader, b: ConversationHeader): boolean {
	return (
		a.leaf === b.leaf && a.title === b.title && a.updatedAtMs === b.updatedAtMs
	);
}

/** An answer that streams in a file is stopped: the window that asked is closed, or will write it again. */
export function withoutStreaming(conversation: Conversation): Conversation {
	return {
		...conversation,
		messages: conversation.messages.map((it) =>
			it.role === "assistant" && it.state.kind === "streaming"
				? { ...it, state: { kind: "stopped" } }
				: it,
		),
	};
}
