/** Suggestions made before, found again at the same place and while someone types along them. */

import { LruCache } from "../base/lruCache.ts";
import type { DocumentSnapshot } from "./documentContext.ts";

interface Entry {
	readonly uri: string;
	readonly offset: number;
	/** The text before the offset that must stand there for the suggestion to hold. */
	readonly before: string;
	/** The text behind it. */
	readonly after: string;
	readonly text: string;
}

/** Enough to tell one place in a document from another. */
const comparedChars = 512;

export class CompletionCache {
	readonly #entries: LruCache<string, Entry>;

	constructor(capacity = 128) {
		this.#entries = new LruCache(capacity);
	}

	put(snapshot: DocumentSnapshot, text: string): void {
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
		});
	}

	/** What is left of the newest suggestion that what was typed since agrees with. */
	find({ uri, offset, text }: DocumentSnapshot): string | undefined {
		const after = text.slice(offset, offset + comparedChars);
		for (const [, entry] of this.#entries.newestFirst()) {
			if (entry.uri !== uri || entry.offset > offset) continue;
			const typed = text.slice(entry.offset, offset);
			if (
				typed.length < entry.text.length &&
				entry.text.startsWith(typed) &&
				after === entry.after &&
				text.slice(entry.offset - entry.before.length, entry.offset) ===
					entry.before
			)
				return entry.text.slice(typed.length);
		}
		return undefined;
	}

	clear(): void {
		this.#entries.clear();
	}
}
