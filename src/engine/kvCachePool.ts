/** Several caches over one copy of the weights, so that coming back to a file finds its prompt still evaluated. */

import { assert } from "../base/assert.ts";
import type { Priority } from "../protocol/generation.ts";
import { type KvCache, longestCommonPrefix } from "./kvCache.ts";
import type { Token } from "./runtime.ts";

/** A prompt, and what it takes to find the cache that it belongs into. */
export interface CachedPrompt {
	readonly tokens: readonly Token[];
	/** Tokens at the front that prompts of other files may have too. */
	readonly snippetTokens: number;
	/** The file that it is for. */
	readonly path: string;
	readonly priority: Priority;
}

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
	 * The cache that has most of the prompt; or else, where it is prepared in advance, the one with an older state of the same file, for
	 * the newer one may still be typed into; or else the one that was not used for longest.
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
		let mostShared = 0;
		for (const place of this.#places) {
			const shared = longestCommonPrefix(place.cache.tokens, prompt.tokens);
			if (shared <= mostShared || !holdsTextOf(prompt, place.cache, shared))
				continue;
			holding = place;
			mostShared = shared;
		}
		return holding;
	}

	#older({ path, priority }: CachedPrompt): Place | undefined {
		if (priority === "typing") return undefined;
		return this.#places.filter((it) => it.path === path)[1];
	}
}

/**
 * Whether a cache holds this prompt's text, up to where it was edited or aborted, rather than another that merely begins alike: with the
 * same snippets, a marker and the path of its file. The other is worth more for when its own file is edited again.
 */
function holdsTextOf(
	{ tokens, snippetTokens }: CachedPrompt,
	cache: KvCache,
	sharedTokens: number,
): boolean {
	const shared = sharedTokens - snippetTokens;
	return (
		shared > 0 &&
		(shared > (tokens.length - snippetTokens) / 4 ||
			shared > (cache.tokens.length - snippetTokens) / 2)
	);
}
