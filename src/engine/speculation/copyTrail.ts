/** The place that an answer is copying from. After a change in the copy it is known where it will go on: near where it stopped. */

import type { Token } from "../runtime/runtime.ts";

/** A shorter copy is an accident, and nothing is to be expected of the place it came from. */
const minCopied = 8;
/** So many tokens may be new, and as many left out: about two lines. Behind a longer change the copy is found again like any other. */
const maxChanged = 32;
/** As many tokens in their order, so near, are no accident: the copy goes on. */
const surelyResumed = 3;

/** Where a copy may go on, and how much speaks for it. */
export interface ResumedCopy {
	readonly place: number;
	/** How many of the last tokens are the same there. */
	readonly matchedTokens: number;
	/** How many were copied before the change. */
	readonly copiedTokens: number;
}

export class CopyTrail {
	#source: readonly Token[] = [];
	/** Of the next token to be copied; of the first that was not, where the copy was left. */
	#place = 0;
	#copiedTokens = 0;
	/** What was said since the copy was left; undefined while it is followed. */
	#changed: Token[] | undefined;

	get source(): readonly Token[] {
		return this.#source;
	}

	forget(): void {
		this.#source = [];
		this.#copiedTokens = 0;
		this.#changed = undefined;
	}

	/**
	 * The last tokens are the same before this place.
	 *
	 * @returns how many were copied from there, those before a change among them.
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

	/** The text grew. */
	push(token: Token): void {
		if (this.#copiedTokens === 0) return;
		if (this.#changed) this.#pushChanged(this.#changed, token);
		else if (this.#source[this.#place] === token) {
			this.#place++;
			this.#copiedTokens++;
		} else this.#changed = [token];
	}

	/** Where the copy goes on, if the last token is one of those that follow where it was left: the longest match, and of these the nearest. */
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
		} else if (changed.length === maxChanged) this.forget();
	}

	#matchBefore(place: number, changed: readonly Token[]): number {
		const most = Math.min(changed.length, place - this.#place, surelyResumed);
		let length = 0;
		while (
			length < most &&
			this.#source[place - length - 1] === changed[changed.length - length - 1]
		)
			length++;
		return length;
	}
}
