/**
 * Prompt lookup decoding: text is often repeated, so the tokens that followed an earlier occurrence of the last tokens are a draft that costs
 * nothing.
 */

import { assert } from "../../base/assert.ts";
import type { Token } from "../runtime/runtime.ts";
import { CopyTrail } from "./copyTrail.ts";
import { hashNgram, IndexedTokens, nowhere } from "./indexedTokens.ts";

export interface LookupDraft {
	readonly tokens: readonly Token[];
	/** The length of the match before the draft. */
	readonly matchedTokens: number;
}

/** A copy that resumes after a change, while the match after the change is still too short to be found by itself. */
export interface ResumedDraft extends LookupDraft {
	/** The length of the copy before the change. */
	readonly copiedTokens: number;
}

/** A text besides the prompt that the answer may repeat. */
export interface TokenReference {
	/** Stays the same when the text changes. */
	readonly id: string;
	readonly tokens: readonly Token[];
}

export interface LookupOptions {
	/** Shorter matches are coincidences: pairs of tokens recur everywhere in code. */
	readonly minMatch?: number;
	/** Longer matches are no better evidence. */
	readonly maxMatch?: number;
}

/** Counters, so that tests can check the cost without a clock. */
export interface LookupWork {
	/** Places compared. */
	readonly candidates: number;
	readonly indexedTokens: number;
}

/** Per n-gram and text. A more frequent n-gram predicts little, and recent places are the most likely. */
export const maxCandidates = 32;

/** Enough for the 512 Ki characters that the host sends at most. With indexes they take 5 MB. */
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

	/** The length of the copy that `find` last continued, including the part before a change. */
	get copiedTokens(): number {
		return this.#copiedTokens;
	}

	/**
	 * Sets the texts besides the prompt: open files, the last suggestions, text being replaced. Unchanged texts, and the unchanged start of others,
	 * stay indexed.
	 *
	 * @param references with unique ids, most recent first: of equally long matches the first one counts, and those that exceed
	 * `maxReferenceTokens` are left out from the end.
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

	/** Starts a new answer after this prompt. The common prefix with the text so far stays indexed. */
	begin(prompt: readonly Token[]): void {
		this.#trail.clear();
		this.#indexedTokens += this.#text.replace(prompt);
	}

	/** Appends a generated token. */
	push(token: Token): void {
		this.#text.push(token);
		this.#trail.push(token);
		this.#indexedTokens++;
	}

	/**
	 * The tokens after the longest match of the last tokens; undefined if nothing matches. Of equally long matches those in the text precede
	 * those in references, and later places precede earlier ones.
	 */
	find(maxTokens: number): LookupDraft | undefined {
		const found = maxTokens < 1 ? undefined : this.#longestMatch();
		if (!found) return undefined;
		const { source, place, length } = found;
		const tokens =
			source === this.#text
				? continued(source.tokens, place, maxTokens)
				: source.tokens.slice(place, place + maxTokens);
		this.#copiedTokens = this.#trail.follow(source.tokens, place, length);
		return { tokens, matchedTokens: length };
	}

	/** The continuation of a copy that a change interrupted a few tokens ago; undefined if it does not seem to resume. */
	resume(maxTokens: number): ResumedDraft | undefined {
		const resumed = this.#trail.resumed();
		if (!resumed || maxTokens < 1) return undefined;
		const { place } = resumed;
		return {
			...resumed,
			tokens: this.#trail.source.slice(place, place + maxTokens),
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

	/** The longest match in one source, and of equally long ones the last. Undefined if all are shorter than `minLength`. */
	#search(
		source: IndexedTokens,
		hash: number,
		minLength: number,
	): Found | undefined {
		const { tokens } = this.#text;
		let best: Found | undefined;
		let needed = minLength;
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

/** A match that overlaps its continuation means that the text is periodic: repeat the period beyond the end. */
function continued(
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
