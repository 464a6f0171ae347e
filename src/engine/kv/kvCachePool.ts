/** Several KV caches for one copy of the weights, so that the prompt of a file is still evaluated when the user returns to it. */

import { assert } from "../../base/assert.ts";
import type { Token } from "../runtime/runtime.ts";
import { type KvCache, longestCommonPrefix } from "./kvCache.ts";

/** A prompt, with what is needed to choose its cache. */
export interface CachedPrompt {
	readonly tokens: readonly Token[];
	/** Tokens at the front that prompts of other files share. */
	readonly headTokens: number;
	/** Tokens at the front that stay the same while the user types at this place. */
	readonly stableTokens: number;
	/** The file that is completed. */
	readonly path: string;
	/** Whether nobody waits for it. */
	readonly isInAdvance: boolean;
	/** Tokens at the front from other files. */
	readonly snippetTokens?: number;
	/** Whether its state may be written to disk. */
	readonly mayPersist?: boolean;
}

/** After the head, a common prefix of this length is no coincidence. */
const minSharedTokens = 16;

/** So many tokens are worth evaluating again to keep another prompt of the file. */
const cheapTokens = 32;

/** A new object for each use of the cache. */
export interface Slot {
	readonly cache: KvCache;
	/** The file whose prompt is in the cache. */
	readonly path: string;
	/** Of the prompt in the cache. */
	readonly stableTokens: number;
	/** Whether a user has typed into this prompt, and not only had it prepared. */
	readonly isTypedInto: boolean;
	/** The prompt that is in the cache, or of which it holds the beginning. */
	readonly prompt: CachedPrompt | undefined;
}

interface Candidate {
	readonly slot: Slot;
	/** Tokens that the cache has in common with the prompt. */
	readonly shared: number;
	/** Whether the stable part of what is in the cache stays. */
	readonly isKept: boolean;
}

export class KvCachePool {
	/** Most recently used first. */
	#slots: readonly Slot[];

	constructor(caches: readonly KvCache[]) {
		assert(caches.length > 0, "at least one cache");
		this.#slots = caches.map((cache) => ({
			cache,
			path: "",
			stableTokens: 0,
			isTypedInto: false,
			prompt: undefined,
		}));
	}

	/** Most recently used first. */
	get slots(): readonly Slot[] {
		return this.#slots;
	}

	/**
	 * The cache with the longest part of the prompt; or else the older of two with other states of the same file; or else the least recently
	 * used one. So a file never occupies more than two caches. A prompt prepared in advance does not take the place of the one that the user
	 * types into.
	 */
	chooseFor(prompt: CachedPrompt): KvCache {
		const holding = this.#holding(prompt);
		const chosen =
			holding && (holding.isKept || !prompt.isInAdvance)
				? holding.slot
				: this.#replaceable(prompt);
		assert(chosen, "at least one cache");
		const { cache } = chosen;
		const { path, stableTokens, isInAdvance } = prompt;
		const isKept = holding?.slot === chosen && holding.isKept;
		this.#slots = [
			{
				cache,
				path,
				stableTokens,
				isTypedInto: !isInAdvance || (isKept && chosen.isTypedInto),
				prompt,
			},
			...this.#slots.filter((it) => it.cache !== cache),
		];
		return cache;
	}

	/** What holds the longest part. Where two prompts of the file hold about as much, rather that one to which nothing is lost, or the older. */
	#holding(prompt: CachedPrompt): Candidate | undefined {
		const candidates = this.#slots
			.map((slot) => candidate(slot, prompt))
			.filter((it) => holdsTextOf(prompt, it));
		const longest = Math.max(...candidates.map(({ shared }) => shared));
		const best = candidates.find(({ shared }) => shared === longest);
		if (!best || best.isKept || best.slot.path !== prompt.path) return best;
		return candidates.findLast(
			({ slot, shared }) =>
				slot.path === prompt.path && shared >= longest - cheapTokens,
		);
	}

	#replaceable({ path, isInAdvance }: CachedPrompt): Slot | undefined {
		const ofFile = this.#slots.filter((it) => it.path === path);
		const prepared = isInAdvance && ofFile.find((it) => !it.isTypedInto);
		const others = this.#slots.filter((it) => it.path !== path);
		return (prepared || ofFile[1]) ?? others.at(-1) ?? ofFile[0];
	}
}

function candidate(slot: Slot, prompt: CachedPrompt): Candidate {
	const { tokens } = slot.cache;
	const shared = longestCommonPrefix(tokens, prompt.tokens);
	const isKept = shared >= Math.min(slot.stableTokens, tokens.length);
	return { slot, shared, isKept };
}

/**
 * Whether a cache holds an earlier state of this prompt, and not another prompt that merely shares its head. The latter is kept for when its own
 * file is edited again.
 */
function holdsTextOf(
	{ tokens, headTokens, path }: CachedPrompt,
	{ slot, shared }: Candidate,
): boolean {
	const { cache, path: cachedPath } = slot;
	const ofText = shared - headTokens;
	if (ofText <= 0) return false;
	return (
		(path === cachedPath && ofText >= minSharedTokens) ||
		ofText > (tokens.length - headTokens) / 4 ||
		ofText > (cache.tokens.length - headTokens) / 2
	);
}
