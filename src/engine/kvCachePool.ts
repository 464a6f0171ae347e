/** Several caches over one copy of the weights, so that coming back to a file finds its prompt still evaluated. */

import { assert } from "../base/assert.ts";
import { type KvCache, longestCommonPrefix } from "./kvCache.ts";
import type { Token } from "./runtime.ts";

/**
 * Whether a cache holds this prompt's text, up to where it was edited or aborted, rather than another that merely begins alike: with
 * a marker and the path of its file. The other is worth more for when its own file is edited again.
 */
function holdsTextOf(
	prompt: readonly Token[],
	cache: KvCache,
	sharedTokens: number,
): boolean {
	return (
		sharedTokens > prompt.length / 4 || sharedTokens > cache.tokens.length / 2
	);
}

export class KvCachePool {
	/** Most recently used first. */
	#caches: readonly KvCache[];

	constructor(caches: readonly KvCache[]) {
		assert(caches.length > 0, "at least one cache");
		this.#caches = caches;
	}

	/** The cache that has most of the prompt, or else the one that was not used for longest. */
	chooseFor(prompt: readonly Token[]): KvCache {
		let chosen = this.#caches.at(-1);
		let mostShared = 0;
		for (const cache of this.#caches) {
			const shared = longestCommonPrefix(cache.tokens, prompt);
			if (shared <= mostShared || !holdsTextOf(prompt, cache, shared)) continue;
			chosen = cache;
			mostShared = shared;
		}
		assert(chosen, "at least one cache");
		const cache = chosen;
		this.#caches = [cache, ...this.#caches.filter((it) => it !== cache)];
		return cache;
	}
}
