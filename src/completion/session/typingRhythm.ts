/** The rhythm in which someone types: when a gap between keys is longer than usual, the user has slowed down, and reads. */

/** The number of gaps between keys that the percentile is taken over. */
const maxGaps = 32;
/** With fewer gaps than this there is no rhythm yet. */
const minGaps = 8;
/** A longer gap is a pause for thought and not part of the rhythm. */
const maxGapMs = 1000;
/** This share of the gaps is shorter than a gap that counts as slow. */
const slowPercentile = 0.8;
const maxSlowMs = 350;

export class TypingRhythm {
	#gapsMs: readonly number[] = [];
	#lastKeyMs: number | undefined;

	/** A key was typed. */
	key(nowMs: number): void {
		const gapMs = nowMs - (this.#lastKeyMs ?? Number.NEGATIVE_INFINITY);
		this.#lastKeyMs = nowMs;
		if (gapMs <= maxGapMs)
			this.#gapsMs = [...this.#gapsMs, gapMs].slice(-maxGaps);
	}

	/** How long it takes until the user has slowed down, if no key comes before. 0 where that is so already, or where no rhythm is known. */
	untilSlowMs(nowMs: number): number {
		const gapsMs = [...this.#gapsMs].sort((a, b) => a - b);
		if (this.#lastKeyMs === undefined || gapsMs.length < minGaps) return 0;
		const slowMs = gapsMs[Math.floor(gapsMs.length * slowPercentile)] ?? 0;
		return Math.max(0, this.#lastKeyMs + Math.min(slowMs, maxSlowMs) - nowMs);
	}
}
