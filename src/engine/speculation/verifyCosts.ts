/** What it takes a model to evaluate several tokens at once, on this machine. Pure. */

import { assert } from "../../base/assert.ts";
import { mostVerifiedTokens } from "../../memory/plan.ts";

/** Numbers of tokens whose cost is measured. */
export const verifySizes = [1, 2, 4, 8, 16, mostVerifiedTokens] as const;

/** The newest measurement counts for so much of what is known. */
const ownWeight = 0.1;
/** And for so much of what is known of other numbers: machines get slower or faster as a whole, and so does a text that grows. */
const othersWeight = 0.05;
/** Another program had the machine, or the clock was set. */
const mostFactor = 2;

export class VerifyCosts {
	readonly #ms: Map<number, number>;

	/** @param measured milliseconds by number of tokens; that of one token at the least. */
	constructor(measured: ReadonlyMap<number, number>) {
		assert((measured.get(1) ?? 0) > 0, "the cost of one token");
		this.#ms = new Map([...measured].sort(([a], [b]) => a - b));
	}

	/** Milliseconds of decoding without a draft. */
	get plainMs(): number {
		return this.ms(1);
	}

	/**
	 * As much as the next larger number that was measured: where a device changes its way of computing, the cost jumps, and does not rise
	 * step by step. Beyond all measured ones in proportion.
	 */
	ms(tokens: number): number {
		let largest = 1;
		let largestMs = 0;
		for (const [size, ms] of this.#ms) {
			if (size >= tokens) return ms;
			largest = size;
			largestMs = ms;
		}
		return (largestMs * tokens) / largest;
	}

	/** Takes an evaluation of so many tokens into account. */
	observe(tokens: number, ms: number): void {
		const known = this.#ms.get(tokens);
		if (known === undefined) return;
		const factor = Math.min(Math.max(ms / known, 1 / mostFactor), mostFactor);
		for (const [size, expectedMs] of this.#ms) {
			const weight = size === tokens ? ownWeight : othersWeight;
			this.#ms.set(size, expectedMs * (1 + weight * (factor - 1)));
		}
	}

	entries(): readonly (readonly [tokens: number, ms: number])[] {
		return [...this.#ms];
	}
}
