/** Suggestions made before, found again at the same place and while someone types along them. */

import { LruCache } from "../base/lruCache.ts";
import type { DocumentSnapshot } from "./documentContext.ts";

/** A text, and the request that brought it. */
export interface CachedText {
	readonly text: string;
	readonly requestId: string;
}

interface Entry extends CachedText {
	readonly uri: string;
	readonly offset: number;
	/** The text before the offset that must stand there for the suggestion to hold. */
	readonly before: string;
	/** The text behind it. */
	readonly after: string;
}

/** Enough to tell one place in a document from another. */
const comparedChars = 512;

export class CompletionCache {
	readonly #entries: LruCache<string, Entry>;

	constructor(capacity = 128) {
		this.#entries = new LruCache(capacity);
	}

	put(snapshot: DocumentSnapshot, { text, requestId }: CachedText): void {
		const { uri, offset } = snapshot;
		const before = snapshot.text.slice(
			Math.max(0, offset - comparedChars),
			offset,
		);
		const after = snapshot.text.slice(offset, offset + comparedChars);
		this.#entries.set(JSON.stringify([uri, offset, before, after]), {
			uri,
			offset,
			before,
			after,
			text,
			requestId,
		});
	}

	/** What is left of the newest suggestion that what was typed since agrees with. */
	find({ uri, offset, text }: DocumentSnapshot): CachedText | undefined {
		const after = text.slice(offset, offset + comparedChars);
		for (const [, entry] of this.#entries.newestFirst()) {
			if (entry.uri !== uri || entry.offset > offset) continue;
			// Suggestions have plain line feeds, whatever the document has.
			const typed = text.slice(entry.offset, offset).replace(/\r\n?/g, "\n");
			if (
				entry.text.startsWith(typed) &&
				entry.text.slice(typed.length).trim() !== "" &&
				after === entry.after &&
				text.slice(entry.offset - entry.before.length, entry.offset) ===
					entry.before
			)
				return {
					text: entry.text.slice(typed.length),
					requestId: entry.requestId,
				};
		}
		return undefined;
	}

	clear(): void {
		this.#entries.clear();
	}
}
