/** A cache of suggestions, which also hits while the user types through one. */

import { LruCache } from "../../base/lruCache.ts";
import type { DocumentSnapshot } from "../text/documentContext.ts";
import { type PlaceText, restOf, typedAt } from "./typedSince.ts";

export interface CachedText {
	readonly text: string;
	readonly requestId: string;
}

/** With the text around the cursor, which must still be there for a hit. */
interface Entry extends CachedText, PlaceText {
	readonly uri: string;
}

/** Enough to recognize a place in a document. */
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
			reachesEnd: offset + after.length === snapshot.text.length,
			text,
			requestId,
		});
	}

	/** What is left of the newest suggestion that is still valid here. */
	find(here: DocumentSnapshot): CachedText | undefined {
		for (const [, entry] of this.#entries.newestFirst()) {
			const typedLength = here.offset - entry.offset;
			// Line ends may be \r\n in the document and are \n in the suggestion: at most twice as long.
			if (
				entry.uri !== here.uri ||
				typedLength < 0 ||
				typedLength > 2 * entry.text.length
			)
				continue;
			const typed = typedAt(entry, here);
			const text = typed && restOf(entry.text, typed, here);
			if (text !== undefined) return { text, requestId: entry.requestId };
		}
		return undefined;
	}

	clear(): void {
		this.#entries.clear();
	}
}
