/** Full-text search in a conversation, on all of its branches. */

import type { Conversation, Message } from "../../protocol/conversation.ts";

interface SearchHit {
	/** The conversation's. */
	readonly id: string;
	readonly title: string;
	readonly updatedAtMs: number;
	/** The message with most of the words; null if only the title has any. */
	readonly messageId: string | null;
	readonly excerpt: Excerpt;
}

interface Excerpt {
	/** One line. */
	readonly text: string;
	/** The words of the query, in UTF-16 units. */
	readonly marks: readonly { readonly start: number; readonly end: number }[];
}

export type Search = (conversation: Conversation) => SearchHit | undefined;

/** Characters before the first match; twice as many follow it. */
const excerptReach = 60;

/** A hit contains every word, ignoring case. Undefined for a query without words. */
export function searchFor(query: string): Search | undefined {
	const words = [...new Set(query.toLowerCase().split(/\s+/))].filter(
		(it) => it !== "",
	);
	if (words.length === 0) return undefined;
	const patterns = words.map((word) => new RegExp(escaped(word), "iu"));
	const any = new RegExp(
		// Longer words first: an alternation takes the first that matches, which may be a prefix of another.
		words
			.toSorted((first, second) => second.length - first.length)
			.map(escaped)
			.join("|"),
		"giu",
	);
	return (conversation) => find(conversation, patterns, any);
}

function find(
	{ id, title, updatedAtMs, messages }: Conversation,
	patterns: readonly RegExp[],
	any: RegExp,
): SearchHit | undefined {
	const missing = new Set(patterns.filter((it) => !it.test(title)));
	let best: Message | undefined;
	let maxFound = 0;
	for (const message of messages) {
		const found = patterns.filter((it) => it.test(message.text));
		for (const pattern of found) missing.delete(pattern);
		if (found.length > maxFound) {
			maxFound = found.length;
			best = message;
		}
	}
	if (missing.size > 0) return undefined;
	return {
		id,
		title,
		updatedAtMs,
		messageId: best?.id ?? null,
		excerpt: excerptOf(best?.text ?? title, any),
	};
}

function excerptOf(text: string, any: RegExp): Excerpt {
	const at = Math.max(0, text.search(any));
	const start = Math.max(0, at - excerptReach);
	const end = Math.min(text.length, at + 2 * excerptReach);
	const middle = text.slice(start, end).replace(/\s+/g, " ").trim();
	const shown = `${start > 0 ? "…" : ""}${middle}${end < text.length ? "…" : ""}`;
	return {
		text: shown,
		marks: [...shown.matchAll(any)].map((match) => ({
			start: match.index,
			end: match.index + match[0].length,
		})),
	};
}

function escaped(word: string): string {
	return word.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
