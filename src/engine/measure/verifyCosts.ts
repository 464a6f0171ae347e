/** What it takes a model to evaluate several tokens at once, on this machine. Pure. */

import { assert } from "../../base/assert.ts";
import { maxVerifiedTokens } from "../../memory/plan/plan.ts";

/** Numbers of tokens whose cost is measured. */
export const verifySizes = [1, 2, 4, 8, 16, maxVerifiedTokens] as const;

/** The newest measurement counts for so much of what is known. */
const ownWeight = 0.1;
/** And for so much of what is known of other numbers: machines get slower or faster as a whole, and so does a text that grows. */
const othersWeight = 0.05;
/** Another program had the machine, or the clock was set. */
const maxFactor = 2;

export class VerifyCosts {
	/** Rising, from one token on. */
	readonly #sizes: readonly number[];
	readonly #measuredMs: number[];
	/** By number of tokens: it is looked at a hundred times for each token that is said. */
	readonly #ms = new Float64Array(maxVerifiedTokens + 1);

	/** @param measured milliseconds by number of tokens; that of one token at the least. */
	constructor(measured: ReadonlyMap<number, number>) {
		assert((measured.get(1) ?? 0) > 0, "the cost of one token");
		const all = [...measured].sort(([a], [b]) => a - b);
		this.#sizes = all.map(([size]) => size);
		// More tokens never take less: a smaller number that seems to take more was measured while something else ran.
		this.#measuredMs = all.map(([, ms], at) =>
			Math.min(ms, ...all.slice(at + 1).map(([, it]) => it)),
		);
		this.#fill();
	}

	/** Milliseconds of decoding without a draft. */
	get plainMs(): number {
		return this.ms(1);
	}

	/**
	 * As much as the next larger number that was measured: where a device changes its way of computing, the cost jumps, and does not rise
	 * step by step. Beyond all measured ones in proportion.
	 *
	 * @param tokens at most as many as are ever verified.
	 */
	ms(tokens: number): number {
		return this.#ms[tokens] ?? 0;
	}

	/** Takes an evaluation of so many tokens into account. */
	observe(tokens: number, ms: number): void {
		const index = this.#sizes.indexOf(tokens);
		const known = this.#measuredMs[index];
		if (known === undefined) return;
		const factor = Math.min(Math.max(ms / known, 1 / maxFactor), maxFactor);
		for (const [at, expectedMs] of this.#measuredMs.entries()) {
			const weight = at === index ? ownWeight : othersWeight;
			this.#measuredMs[at] = expectedMs * (1 + weight * (factor - 1));
		}
		this.#fill();
	}

	entries(): readonly (readonly [tokens: number, ms: number])[] {
		return this.#sizes.map((size, at) => [size, this.#measuredMs[at] ?? 0]);
	}

	#fill(): void {
		const largest = this.#sizes.at(-1) ?? 1;
		const largestMs = this.#measuredMs.at(-1) ?? 0;
		for (let tokens = 1; tokens <= maxVerifiedTokens; tokens++) {
			const at = this.#sizes.findIndex((size) => size >= tokens);
			this.#ms[tokens] = this.#measuredMs[at] ?? (largestMs * tokens) / largest;
		}
	}
}
