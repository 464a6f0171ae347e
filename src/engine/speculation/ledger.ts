/** Time saved and lost by speculation, and how much more it may lose. Pure. */

/** The share of all time that a source may lose to wrong drafts: enough to learn what pays, and too little to notice. */
const lendableShare = 0.005;
/** The initial credit, in plain tokens, so that a first draft is possible. */
const firstLoanTokens = 2;
/** The maximal credit, in plain tokens: a long success must not pay for an equally long failure. */
const maxSavedTokens = 32;

/** One per source and kind of work. All times in milliseconds. */
export class Ledger {
	#spentMs = 0;
	/** Negative for a loss. */
	#savedMs = 0;

	/** Adds to the total time, whatever it was spent on. */
	spend(ms: number): void {
		this.#spentMs += ms;
	}

	/**
	 * @param ms saved; negative for a loss.
	 * @param tokenMs the time per token of plain decoding.
	 */
	credit(ms: number, tokenMs: number): void {
		this.#savedMs = Math.min(this.#savedMs + ms, maxSavedTokens * tokenMs);
	}

	/** Whether a try may be made that loses this time if it fails. */
	canAfford(ms: number, tokenMs: number): boolean {
		const loanMs = firstLoanTokens * tokenMs + lendableShare * this.#spentMs;
		return this.#savedMs + loanMs > ms;
	}
}
