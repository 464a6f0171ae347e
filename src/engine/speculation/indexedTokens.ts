/** A growing list of tokens with an index of its n-grams, from the last occurrence backward. */

import { longestCommonPrefix } from "../kv/kvCache.ts";
import type { Token } from "../runtime/runtime.ts";

/** The initial size of the hash table. */
const smallestTable = 256;

/** Means that there is no place. */
export const nowhere = -1;

/** The hash of the `width` tokens before `end`, by FNV-1a over whole tokens. */
export function hashNgram(
	tokens: readonly Token[],
	end: number,
	width: number,
): number {
	let hash = 0x811c9dc5;
	for (let index = end - width; index < end; index++)
		hash = Math.imul(hash ^ (tokens[index] ?? 0), 0x01000193);
	// The low bits select the chain, but the high bits are mixed better.
	return hash ^ (hash >>> 15);
}

/**
 * Hash chains: a table maps each hash to its last place, and a list maps each place to the previous one in its chain. N-grams with the same table slot
 * share a chain, so the caller must compare the tokens.
 *
 * A place is the index of the token after an n-gram. Invariants: exactly the places with such a token are indexed, so every match has a continuation;
 * and places decrease along every chain, so tokens can be popped from the end.
 */
export class IndexedTokens {
	readonly #width: number;
	readonly #tokens: Token[] = [];
	/** The length is a power of two, and at least the number of places, so that chains stay short. */
	#heads = new Int32Array(smallestTable).fill(nowhere);
	/** By place, from `#width` on. */
	readonly #before: number[] = [];
	/** The argument of the last `replace`, unless tokens were pushed since. */
	#given: readonly Token[] | undefined;

	/** @param width the length of an n-gram in tokens. */
	constructor(width: number) {
		this.#width = width;
	}

	get tokens(): readonly Token[] {
		return this.#tokens;
	}

	push(token: Token): void {
		this.#given = undefined;
		this.#push(token);
	}

	#push(token: Token): void {
		const place = this.#tokens.length;
		this.#tokens.push(token);
		if (place < this.#width) return;
		if (this.#before.length === this.#heads.length) this.#grow();
		this.#before.push(this.#link(place));
	}

	/**
	 * Replaces the content. The common prefix stays indexed.
	 *
	 * @param tokens must not change afterward.
	 * @returns the number of newly indexed tokens.
	 */
	replace(tokens: readonly Token[]): number {
		if (tokens === this.#given) return 0;
		const kept = longestCommonPrefix(this.#tokens, tokens);
		while (this.#tokens.length > kept) this.#pop();
		for (let index = kept; index < tokens.length; index++)
			this.#push(tokens[index] ?? 0);
		this.#given = tokens;
		return tokens.length - kept;
	}

	/** The last place after an n-gram with this hash, or {@link nowhere}. Its chain may contain other hashes. */
	lastPlace(hash: number): number {
		return this.#heads[hash & (this.#heads.length - 1)] ?? nowhere;
	}

	/** The previous place in the same chain, or {@link nowhere}. */
	placeBefore(place: number): number {
		return this.#before[place - this.#width] ?? nowhere;
	}

	/** How many tokens before the place equal the end of `tokens`, up to `maxLength`; 0 if fewer than `minLength`. */
	matchBefore(
		place: number,
		tokens: readonly Token[],
		minLength: number,
		maxLength: number,
	): number {
		const end = tokens.length;
		const limit = Math.min(place, end, maxLength);
		// Compare the farthest required token first: most candidates differ there.
		if (
			limit < minLength ||
			this.#tokens[place - minLength] !== tokens[end - minLength]
		)
			return 0;
		let length = 0;
		while (
			length < limit &&
			this.#tokens[place - length - 1] === tokens[end - length - 1]
		)
			length++;
		return length < minLength ? 0 : length;
	}

	#pop(): void {
		const place = this.#tokens.length - 1;
		const before = this.#before.pop();
		if (before !== undefined) this.#heads[this.#slotOf(place)] = before;
		this.#tokens.pop();
	}

	/** @returns the previous head of the chain. */
	#link(place: number): number {
		const slot = this.#slotOf(place);
		const before = this.#heads[slot] ?? nowhere;
		this.#heads[slot] = place;
		return before;
	}

	#grow(): void {
		this.#heads = new Int32Array(this.#heads.length * 2).fill(nowhere);
		for (const index of this.#before.keys())
			this.#before[index] = this.#link(index + this.#width);
	}

	#slotOf(place: number): number {
		return (
			hashNgram(this.#tokens, place, this.#width) & (this.#heads.length - 1)
		);
	}
}
