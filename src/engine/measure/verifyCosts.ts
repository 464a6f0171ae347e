/** The time that a model takes to verify drafts of different lengths on this machine. Pure. */

import { assert } from "../../base/assert.ts";
import { maxVerifiedTokens } from "../../memory/plan/planRequest.ts";

/** The numbers of tokens per evaluation that are measured. */
export const verifySizes = [1, 2, 4, 8, 16, maxVerifiedTokens] as const;

/** The weight of a new measurement in the moving average of its size. */
const ownWeight = 0.1;
/** Its weight in those of the other sizes: machines get slower or faster as a whole, and a growing context slows down all sizes. */
const othersWeight = 0.05;
/** Limits outliers: another program used the machine, or the clock was set. */
const maxFactor = 2;

export class VerifyCosts {
	/** In ascending order, starting with 1. */
	readonly #sizes: readonly number[];
	readonly #measuredMs: number[];
	/** Milliseconds by number of tokens: precomputed, because it is read about a hundred times per generated token. */
	readonly #ms = new Float64Array(maxVerifiedTokens + 1);

	/** @param measured milliseconds by number of tokens; must contain 1. */
	constructor(measured: ReadonlyMap<number, number>) {
		assert((measured.get(1) ?? 0) > 0, "the cost of one token");
		const all = [...measured].sort(([a], [b]) => a - b);
		this.#sizes = all.map(([size]) => size);
		// More tokens never take less time: a smaller size that seems slower was measured while something else ran.
		this.#measuredMs = all.map(([, ms], at) =>
			Math.min(ms, ...all.slice(at + 1).map(([, it]) => it)),
		);
		this.#fill();
	}

	/** Milliseconds per token of plain decoding. */
	get plainMs(): number {
		return this.ms(1);
	}

	/**
	 * The time of the next larger measured size, because the cost jumps where a device switches to another kernel. Beyond the largest size the
	 * cost is proportional.
	 *
	 * @param tokens at most `maxVerifiedTokens`.
	 */
	ms(tokens: number): number {
		return this.#ms[tokens] ?? 0;
	}

	/** Updates the moving averages with one evaluation. */
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
