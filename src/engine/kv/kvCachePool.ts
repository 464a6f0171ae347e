/** Several caches over one copy of the weights, so that coming back to a file finds its prompt still evaluated. */

import { assert } from "../../base/assert.ts";
import type { Token } from "../runtime/runtime.ts";
import { type KvCache, longestCommonPrefix } from "./kvCache.ts";

/** A prompt, and what it takes to find the cache that it belongs into. */
export interface CachedPrompt {
	readonly tokens: readonly Token[];
	/** Tokens at the front that prompts of the same or of other files have too. */
	readonly headTokens: number;
	/** The file that it is for. */
	readonly path: string;
}

/** Behind the head, this many tokens are not shared by accident. */
const tellingTokens = 16;

interface Place {
	readonly cache: KvCache;
	/** The file whose prompt is in there. */
	readonly path: string;
}

export class KvCachePool {
	/** Most recently used first. */
	#places: readonly Place[];

	constructor(caches: readonly KvCache[]) {
		assert(caches.length > 0, "at least one cache");
		this.#places = caches.map((cache) => ({ cache, path: "" }));
	}

	/**
	 * The cache that has most of the prompt; or else, of two with other states of the same file, the older one; or else the one that was
	 * not used for longest. So one file never takes more than two, and a state that is prepared in advance leaves alone the one that is
	 * still typed into.
	 */
	chooseFor(prompt: CachedPrompt): KvCache {
		const chosen =
			this.#holding(prompt) ?? this.#older(prompt) ?? this.#places.at(-1);
		assert(chosen, "at least one cache");
		const { cache } = chosen;
		this.#places = [
			{ cache, path: prompt.path },
			...this.#places.filter((it) => it.cache !== cache),
		];
		return cache;
	}

	#holding(prompt: CachedPrompt): Place | undefined {
		let holding: Place | undefined;
		let maxShared = 0;
		for (const place of this.#places) {
			const shared = longestCommonPrefix(place.cache.tokens, prompt.tokens);
			if (shared <= maxShared || !holdsTextOf(prompt, place, shared)) continue;
			holding = place;
			maxShared = shared;
		}
		return holding;
	}

	#older({ path }: CachedPrompt): Place | undefined {
		return this.#places.filter((it) => it.path === path)[1];
	}
}

/**
 * Whether a cache holds this prompt's text, up to where it was edited or aborted, rather than another that merely begins alike: with the
 * same snippets and a path. The other is worth more for when its own place is edited again.
 */
function holdsTextOf(
	{ tokens, headTokens, path }: CachedPrompt,
	{ cache, path: cachedPath }: Place,
	sharedTokens: number,
): boolean {
	const shared = sharedTokens - headTokens;
	if (shared <= 0) return false;
	return (
		(path === cachedPath && shared >= tellingTokens) ||
		shared > (tokens.length - headTokens) / 4 ||
		shared > (cache.tokens.length - headTokens) / 2
	);
}
