/**
 * Prompt lookup decoding: what was written once is often written again, so what followed the last tokens somewhere before is a draft that
 * costs nothing.
 */

import { assert } from "../../base/assert.ts";
import type { Token } from "../runtime/runtime.ts";
import { CopyTrail } from "./copyTrail.ts";
import { hashNgram, IndexedTokens, nowhere } from "./indexedTokens.ts";

/** Where a draft was found, and how much spoke for it. */
export interface LookupDraft {
	readonly tokens: readonly Token[];
	/** How many of the last tokens are the same at the place that it is from. */
	readonly matchedTokens: number;
}

/** Of a copy that goes on after a change, before the match is long enough to be found without it. */
export interface ResumedDraft extends LookupDraft {
	/** Before the change. */
	readonly copiedTokens: number;
}

/** A text beside the prompt that may be repeated. */
export interface TokenReference {
	/** Stays the same while the text changes. */
	readonly id: string;
	readonly tokens: readonly Token[];
}

export interface LookupOptions {
	/** A shorter match is an accident: pairs of tokens come back everywhere in code. */
	readonly minMatch?: number;
	/** A longer match says no more than one of this length. */
	readonly maxMatch?: number;
}

/** What was done so far, so that tests can hold it to a budget without a clock. */
export interface LookupWork {
	/** Places that were looked at. */
	readonly candidates: number;
	readonly indexedTokens: number;
}

/** Of one n-gram in one text. What stands there more often predicts little, and the last places are the likeliest. */
export const maxCandidates = 32;

/** Somewhat more than the 512 Ki characters that the host sends at most have. With their indexes they take 5 MB. */
export const maxReferenceTokens = 200_000;

interface Found {
	readonly source: IndexedTokens;
	readonly place: number;
	readonly length: number;
}

export class Lookup {
	readonly #minMatch: number;
	readonly #maxMatch: number;
	/** The prompt and the answer so far. */
	readonly #text: IndexedTokens;
	readonly #trail = new CopyTrail();
	#copiedTokens = 0;
	#references = new Map<string, IndexedTokens>();
	#given: readonly TokenReference[] = [];
	#candidates = 0;
	#indexedTokens = 0;

	constructor({ minMatch = 3, maxMatch = 64 }: LookupOptions = {}) {
		assert(minMatch >= 1 && maxMatch >= minMatch, "a match has tokens");
		this.#minMatch = minMatch;
		this.#maxMatch = maxMatch;
		this.#text = new IndexedTokens(minMatch);
	}

	get work(): LookupWork {
		return { candidates: this.#candidates, indexedTokens: this.#indexedTokens };
	}

	/** How many tokens were copied up to what was found last: where it goes on with a copy, those before a change are among them. */
	get copiedTokens(): number {
		return this.#copiedTokens;
	}

	/**
	 * Texts of other origin that may be repeated: other open files, the last suggestion, text being replaced. What did not change since the
	 * last call stays indexed, and so does the start of what did.
	 *
	 * @param references with different ids, the most recent first: of those that match as well it is taken, and what has no room is left out from
	 * the other end.
	 */
	setReferences(references: readonly TokenReference[]): void {
		if (references === this.#given) return;
		this.#given = references;
		const before = this.#references;
		this.#references = new Map();
		for (const { id, tokens } of withRoom(references)) {
			const indexed = before.get(id) ?? new IndexedTokens(this.#minMatch);
			this.#indexedTokens += indexed.replace(tokens);
			this.#references.set(id, indexed);
		}
	}

	/** A new answer begins behind this prompt. What the prompt shares with the text so far, from the start, stays indexed. */
	begin(prompt: readonly Token[]): void {
		this.#trail.forget();
		this.#indexedTokens += this.#text.replace(prompt);
	}

	/** The text grew. */
	push(token: Token): void {
		this.#text.push(token);
		this.#trail.push(token);
		this.#indexedTokens++;
	}

	/**
	 * What followed the longest match of the last tokens, at most `most` tokens; undefined where nothing matches. Of equally long matches
	 * the text's own go before those of references, and later places before earlier ones.
	 */
	find(most: number): LookupDraft | undefined {
		const found = most < 1 ? undefined : this.#longestMatch();
		if (!found) return undefined;
		const { source, place, length } = found;
		const tokens =
			source === this.#text
				? roundAndRound(source.tokens, place, most)
				: source.tokens.slice(place, place + most);
		this.#copiedTokens = this.#trail.follow(source.tokens, place, length);
		return { tokens, matchedTokens: length };
	}

	/** What the copy goes on with that was left a few tokens ago, at most `most` tokens; undefined where it does not look so. */
	resume(most: number): ResumedDraft | undefined {
		const resumed = this.#trail.resumed();
		if (!resumed || most < 1) return undefined;
		const { place } = resumed;
		return {
			...resumed,
			tokens: this.#trail.source.slice(place, place + most),
		};
	}

	#longestMatch(): Found | undefined {
		const { tokens } = this.#text;
		if (tokens.length < this.#minMatch) return undefined;
		const hash = hashNgram(tokens, tokens.length, this.#minMatch);
		let best = this.#search(this.#text, hash, this.#minMatch);
		for (const source of this.#references.values())
			best =
				this.#search(source, hash, best ? best.length + 1 : this.#minMatch) ??
				best;
		return best;
	}

	/** The longest match in one source, and of equally long ones the last. Undefined where all are shorter than `least`. */
	#search(
		source: IndexedTokens,
		hash: number,
		least: number,
	): Found | undefined {
		const { tokens } = this.#text;
		let best: Found | undefined;
		let needed = least;
		let place = source.lastPlace(hash);
		for (let looked = 0; looked < maxCandidates; looked++) {
			if (place === nowhere || needed > this.#maxMatch) break;
			this.#candidates++;
			const length = source.matchBefore(place, tokens, needed, this.#maxMatch);
			if (length > 0) {
				best = { source, place, length };
				needed = length + 1;
			}
			place = source.placeBefore(place);
		}
		return best;
	}
}

/** Where a match reaches into what follows it, the text runs in circles: behind its end it goes on from there. */
function roundAndRound(
	tokens: readonly Token[],
	place: number,
	count: number,
): Token[] {
	const period = tokens.length - place;
	return Array.from(
		{ length: count },
		(_, index) => tokens[place + (index % period)] ?? 0,
	);
}

function withRoom(
	references: readonly TokenReference[],
): readonly TokenReference[] {
	let room = maxReferenceTokens;
	return references.filter(({ tokens }) => {
		const fits = tokens.length <= room;
		if (fits) room -= tokens.length;
		return fits;
	});
}
