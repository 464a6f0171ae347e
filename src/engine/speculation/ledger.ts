/** What speculation has won and lost, and how much more it may lose. Pure. */

/** Of the time spent: with it, a wrong guess at what pays is found out, and nobody notices. Each source has its own. */
const lendableShare = 0.005;
/** Times of one token. A first guess must be possible, and one that was right for long must not pay for being wrong as long. */
const firstLoanTokens = 2;
const maxSavedTokens = 32;

/** Of one source and one kind of work. All in milliseconds. */
export class Ledger {
	#spentMs = 0;
	/** Negative where it was lost. */
	#savedMs = 0;

	/** Time has passed, whatever it was spent on. */
	passed(ms: number): void {
		this.#spentMs += ms;
	}

	/** @param tokenMs of one token without a draft. */
	saved(ms: number, tokenMs: number): void {
		this.#savedMs = Math.min(this.#savedMs + ms, maxSavedTokens * tokenMs);
	}

	/** Whether something may be tried that may fail, and then takes so long in vain. */
	mayLose(ms: number, tokenMs: number): boolean {
		const loanMs = firstLoanTokens * tokenMs + lendableShare * this.#spentMs;
		return this.#savedMs + loanMs > ms;
	}
}
