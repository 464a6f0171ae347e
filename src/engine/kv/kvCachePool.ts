/** Several KV caches for one copy of the weights, so that the prompt of a file is still evaluated when the user returns to it. */

import { assert } from "../../base/assert.ts";
import type { Token } from "../runtime/runtime.ts";
import { type KvCache, longestCommonPrefix } from "./kvCache.ts";

/** A prompt, with what is needed to choose its cache. */
export interface CachedPrompt {
	readonly tokens: readonly Token[];
	/** Tokens at the front that prompts of other files share. */
	readonly headTokens: number;
	/** The file that is completed. */
	readonly path: string;
}

/** After the head, a common prefix of this length is no coincidence. */
const minSharedTokens = 16;

interface Slot {
	readonly cache: KvCache;
	/** The file whose prompt is in the cache. */
	readonly path: string;
}

export class KvCachePool {
	/** Most recently used first. */
	#slots: readonly Slot[];

	constructor(caches: readonly KvCache[]) {
		assert(caches.length > 0, "at least one cache");
		this.#slots = caches.map((cache) => ({ cache, path: "" }));
	}

	/**
	 * The cache with the longest part of the prompt; or else the older of two with other states of the same file; or else the least recently
	 * used one. So a file never occupies more than two caches, and a prompt prepared in advance does not evict the one that the user
	 * types into.
	 */
	chooseFor(prompt: CachedPrompt): KvCache {
		const chosen =
			this.#holding(prompt) ?? this.#older(prompt) ?? this.#slots.at(-1);
		assert(chosen, "at least one cache");
		const { cache } = chosen;
		this.#slots = [
			{ cache, path: prompt.path },
			...this.#slots.filter((it) => it.cache !== cache),
		];
		return cache;
	}

	#holding(prompt: CachedPrompt): Slot | undefined {
		let holding: Slot | undefined;
		let maxShared = 0;
		for (const slot of this.#slots) {
			const shared = longestCommonPrefix(slot.cache.tokens, prompt.tokens);
			if (shared <= maxShared || !holdsTextOf(prompt, slot, shared)) continue;
			holding = slot;
			maxShared = shared;
		}
		return holding;
	}

	#older({ path }: CachedPrompt): Slot | undefined {
		return this.#slots.filter((it) => it.path === path)[1];
	}
}

/**
 * Whether a cache holds an earlier state of this prompt, and not another prompt that merely shares its head. The latter is kept for when its own
 * file is edited again.
 */
function holdsTextOf(
	{ tokens, headTokens, path }: CachedPrompt,
	{ cache, path: cachedPath }: Slot,
	sharedTokens: number,
): boolean {
	const shared = sharedTokens - headTokens;
	if (shared <= 0) return false;
	return (
		(path === cachedPath && shared >= minSharedTokens) ||
		shared > (tokens.length - headTokens) / 4 ||
		shared > (cache.tokens.length - headTokens) / 2
	);
}
