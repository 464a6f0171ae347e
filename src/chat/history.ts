/** The conversations of before, page by page: all of them, or those with the words of a query. */

import type { HistoryEntry } from "../protocol/chatView.ts";
import type { HeadroomError } from "../protocol/errors.ts";
import type { ConversationPort } from "./chatPorts.ts";
import { searchFor } from "./search.ts";

/** What fills a panel, and some more. */
const pageEntries = 30;

export interface HistoryPage {
	readonly entries: readonly HistoryEntry[];
	readonly hasMore: boolean;
	/** What could not be read. */
	readonly problems: readonly HeadroomError[];
}

/** @param offset how many of the entries are left out at the beginning. */
export async function historyPage(
	store: Pick<ConversationPort, "list" | "search">,
	query: string,
	offset: number,
): Promise<HistoryPage> {
	const find = searchFor(query);
	if (!find) return listed(store, offset);
	const entries: HistoryEntry[] = [];
	// One more than is shown says whether there is more.
	for await (const hit of store.search(find)) {
		const { id, title, updatedAtMs, excerpt } = hit;
		entries.push({
			id,
			title,
			changedAtMs: updatedAtMs,
			excerpt: excerpt.text,
		});
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
