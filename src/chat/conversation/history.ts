/** The conversation history, page by page: all conversations, or those that match a query. */

import type { HistoryEntry } from "../../protocol/chatView.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import type { ConversationPort } from "../chatPorts.ts";
import { searchFor } from "./search.ts";

/** A bit more than fits into the panel. */
const pageEntries = 30;

export interface HistoryPage {
	readonly entries: readonly HistoryEntry[];
	readonly hasMore: boolean;
	/** Conversations that could not be read. */
	readonly problems: readonly HeadroomError[];
}

/**
 * @param offset the number of entries to skip.
 * @param isCurrent checked for each conversation: every key starts a search, and only the results of the latest one are shown.
 * @returns undefined once the search is outdated.
 */
export async function historyPage(
	store: Pick<ConversationPort, "list" | "search">,
	query: string,
	offset: number,
	isCurrent: () => boolean,
): Promise<HistoryPage | undefined> {
	const outdated = "outdated" as const;
	const find = searchFor(query);
	if (!find) return listed(store, offset);
	const entries: HistoryEntry[] = [];
	const hits = store.search((it) => (isCurrent() ? find(it) : outdated));
	for await (const hit of hits) {
		if (hit === outdated) return undefined;
		const { id, title, updatedAtMs, excerpt } = hit;
		entries.push({
			id,
			title,
			changedAtMs: updatedAtMs,
			excerpt: excerpt.text,
		});
		// One entry more than the page: it shows that there are more.
		if (entries.length > offset + pageEntries) break;
	}
	return { ...pageOf(entries, offset), problems: [] };
}

async function listed(
	store: Pick<ConversationPort, "list">,
	offset: number,
): Promise<HistoryPage> {
	const list = await store.list();
	if (!list.ok) return { entries: [], hasMore: false, problems: [list.error] };
	const { conversations, problems } = list.value;
	const entries = conversations.map(({ id, title, updatedAtMs }) => ({
		id,
		title,
		changedAtMs: updatedAtMs,
		excerpt: "",
	}));
	return { ...pageOf(entries, offset), problems };
}

function pageOf(
	entries: readonly HistoryEntry[],
	offset: number,
): Omit<HistoryPage, "problems"> {
	const end = offset + pageEntries;
	return {
		entries: entries.slice(offset, end),
		hasMore: entries.length > end,
	};
}
