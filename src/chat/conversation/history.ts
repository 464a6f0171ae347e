/** The conversations of before, page by page: all of them, or those with the words of a query. */

import type { HistoryEntry } from "../../protocol/chatView.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import type { ConversationPort } from "../chatPorts.ts";
import { searchFor } from "./search.ts";

/** What fills a panel, and some more. */
const pageEntries = 30;

export interface HistoryPage {
	readonly entries: readonly HistoryEntry[];
	readonly hasMore: boolean;
	/** What could not be read. */
	readonly problems: readonly HeadroomError[];
}

/**
 * @param offset how many of the entries are left out at the beginning.
 * @param isWanted asked with each conversation: who types has each letter looked for, and nobody reads what was found for all but the last.
 * @returns undefined where it is not wanted any more.
 */
export async function historyPage(
	store: Pick<ConversationPort, "list" | "search">,
	query: string,
	offset: number,
	isWanted: () => boolean,
): Promise<HistoryPage | undefined> {
	const unwanted = "unwanted" as const;
	const find = searchFor(query);
	if (!find) return listed(store, offset);
	const entries: HistoryEntry[] = [];
	// One more than is shown says whether there is more.
	const hits = store.search((it) => (isWanted() ? find(it) : unwanted));
	for await (const hit of hits) {
		if (hit === unwanted) return undefined;
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
