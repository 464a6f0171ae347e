/** Tracks the place that an answer copies from, to resume the copy near that place after a change. */

import type { Token } from "../runtime/runtime.ts";

/** Shorter copies are coincidences. */
const minCopied = 8;
/** The longest change in tokens, inserted or deleted: about two lines. After a longer one the copy is found like any other match. */
const maxChanged = 32;
/** A match of this length near the change is no coincidence: the copy has resumed. */
const surelyResumed = 3;

/** A place where a copy may resume. */
export interface ResumedCopy {
	readonly place: number;
	/** The length of the match before the place. */
	readonly matchedTokens: number;
	/** The length of the copy before the change. */
	readonly copiedTokens: number;
}

export class CopyTrail {
	#source: readonly Token[] = [];
	/** The index of the next token to copy, or of the first one not copied. */
	#place = 0;
	#copiedTokens = 0;
	/** The tokens generated since the change; undefined while the copy continues. */
	#changed: Token[] | undefined;

	get source(): readonly Token[] {
		return this.#source;
	}

	clear(): void {
		this.#source = [];
		this.#copiedTokens = 0;
		this.#changed = undefined;
	}

	/**
	 * Notes that the last tokens match those before this place.
	 *
	 * @returns the length of the copy, including the part before a change.
	 */
	follow(
		source: readonly Token[],
		place: number,
		matchedTokens: number,
	): number {
		const isHere =
			source === this.#source && place === this.#place && !this.#changed;
		if (isHere) return Math.max(this.#copiedTokens, matchedTokens);
		if (matchedTokens >= minCopied) {
			this.#source = source;
			this.#place = place;
			this.#copiedTokens = matchedTokens;
			this.#changed = undefined;
		}
		return matchedTokens;
	}

	/** Appends a generated token. */
	push(token: Token): void {
		if (this.#copiedTokens === 0) return;
		if (this.#changed) this.#pushChanged(this.#changed, token);
		else if (this.#source[this.#place] === token) {
			this.#place++;
			this.#copiedTokens++;
		} else this.#changed = [token];
	}

	/** The longest match of the last tokens shortly after the change, and of equally long ones the nearest; undefined if there is none. */
	resumed(): ResumedCopy | undefined {
		const changed = this.#changed;
		if (!changed) return undefined;
		let best: ResumedCopy | undefined;
		const end = Math.min(this.#place + maxChanged, this.#source.length - 1);
		for (let place = this.#place + 1; place <= end; place++) {
			const matchedTokens = this.#matchBefore(place, changed);
			if (matchedTokens > (best?.matchedTokens ?? 0))
				best = { place, matchedTokens, copiedTokens: this.#copiedTokens };
		}
		return best;
	}

	#pushChanged(changed: Token[], token: Token): void {
		changed.push(token);
		const resumed = this.resumed();
		if (resumed && resumed.matchedTokens >= surelyResumed) {
			this.#place = resumed.place;
			this.#changed = undefined;
		} else if (changed.length === maxChanged) this.clear();
	}

	#matchBefore(place: number, changed: readonly Token[]): number {
		const maxLength = Math.min(
			changed.length,
			place - this.#place,
			surelyResumed,
		);
		let length = 0;
		while (
			length < maxLength &&
			this.#source[place - length - 1] === changed[changed.length - length - 1]
		)
			length++;
		return length;
	}
}
