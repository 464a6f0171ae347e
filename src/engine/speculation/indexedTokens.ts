/** A growing list of tokens in which it is known where each n-gram stands: the last place first, and from there to the one before. */

import { longestCommonPrefix } from "../kv/kvCache.ts";
import type { Token } from "../runtime/runtime.ts";

/** A list that is shorter than this never has its table rebuilt. */
const smallestTable = 256;

/** There is no such place. */
export const nowhere = -1;

/** Of the `width` tokens before `end`, by FNV-1a over whole tokens. */
export function hashNgram(
	tokens: readonly Token[],
	end: number,
	width: number,
): number {
	let hash = 0x811c9dc5;
	for (let index = end - width; index < end; index++)
		hash = Math.imul(hash ^ (tokens[index] ?? 0), 0x01000193);
	// The low bits choose the chain, and the high ones are the better mixed.
	return hash ^ (hash >>> 15);
}

/**
 * Hash chains. A table has the last place of each hash, and a list beside it has, for every place, the one before it with the same hash. N-grams
 * that share a slot of the table share a chain, so who follows one compares the tokens.
 *
 * A place is the index of the token behind an n-gram. Invariants: exactly those places are indexed that have such a token, so that what is found
 * always has something to go on with; and every chain falls from link to link, so that tokens can be taken off the end again.
 */
export class IndexedTokens {
	readonly #width: number;
	readonly #tokens: Token[] = [];
	/** Its length is a power of two, and at least the number of places: chains stay short. */
	#heads = new Int32Array(smallestTable).fill(nowhere);
	/** By place, from `#width` on. */
	readonly #before: number[] = [];
	/** What it was last made into, unless it has grown since. */
	#given: readonly Token[] | undefined;

	/** @param width how many tokens an n-gram has. */
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
	 * Becomes these tokens, in an array that does not change any more. What it shares with them from the start stays indexed.
	 *
	 * @returns how many were indexed anew.
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

	/** The last place behind an n-gram with this hash, or {@link nowhere}. Others with another hash may be in its chain. */
	lastPlace(hash: number): number {
		return this.#heads[hash & (this.#heads.length - 1)] ?? nowhere;
	}

	/** The place before this one in its chain, or {@link nowhere}. */
	placeBefore(place: number): number {
		return this.#before[place - this.#width] ?? nowhere;
	}

	/** How many tokens before a place are those at the end of `tokens`, `most` at most; 0 where they are fewer than `least`. */
	matchBefore(
		place: number,
		tokens: readonly Token[],
		least: number,
		most: number,
	): number {
		const end = tokens.length;
		const limit = Math.min(place, end, most);
		// Where a longer match is known, most candidates differ at the token that would make theirs longer.
		if (limit < least || this.#tokens[place - least] !== tokens[end - least])
			return 0;
		let length = 0;
		while (
			length < limit &&
			this.#tokens[place - length - 1] === tokens[end - length - 1]
		)
			length++;
		return length < least ? 0 : length;
	}

	#pop(): void {
		const place = this.#tokens.length - 1;
		const before = this.#before.pop();
		if (before !== undefined) this.#heads[this.#slotOf(place)] = before;
		this.#tokens.pop();
	}

	/** @returns what was the head of the chain until now. */
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
