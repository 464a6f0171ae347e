/**
 * Reads the former file of a conversation, version 1: JSON lines that were only appended to, of which the last one about a message or the
 * header counts. A line that was cut short spoils no other.
 */

import * as z from "zod/mini";
import { ConversationHeader, Message } from "../../protocol/conversation.ts";
import { assembled, type ParsedConversation } from "./conversationFile.ts";

const version = 1;

const Line = z.discriminatedUnion("kind", [
	z.object({
		kind: z.literal("conversation"),
		version: z.literal(version),
		header: ConversationHeader,
	}),
	z.object({ kind: z.literal("message"), message: Message }),
]);
const NewerLine = z.object({ version: z.int().check(z.gt(version)) });

export function parseJsonLines(text: string): ParsedConversation {
	let header: ConversationHeader | undefined;
	const messages: (Message | undefined)[] = [];
	for (const line of text.split("\n")) {
		if (line.trim() === "") continue;
		const json = parseJson(line);
		if (NewerLine.safeParse(json).success) return { kind: "newer" };
		const { data } = Line.safeParse(json);
		if (data?.kind === "conversation") header = data.header;
		else messages.push(data?.message);
	}
	return header ? assembled(header, messages) : { kind: "broken" };
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
