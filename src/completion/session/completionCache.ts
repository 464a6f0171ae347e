/** Suggestions made before, found again at the same place and while someone types along them. */

import { LruCache } from "../../base/lruCache.ts";
import type { DocumentSnapshot } from "../text/documentContext.ts";
import { type PlaceText, restOf, typedAt } from "./typedSince.ts";

/** A text, and the request that brought it. */
export interface CachedText {
	readonly text: string;
	readonly requestId: string;
}

/** With the text round it that must stand there for the suggestion to hold. */
interface Entry extends CachedText, PlaceText {
	readonly uri: string;
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
			reachesEnd: offset + after.length === snapshot.text.length,
			text,
			requestId,
		});
	}

	/** What is left of the newest suggestion that what was typed since agrees with. */
	find(here: DocumentSnapshot): CachedText | undefined {
		for (const [, entry] of this.#entries.newestFirst()) {
			const typedLength = here.offset - entry.offset;
			// Carriage returns make what was typed longer than what was suggested, and at most twice as long.
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
