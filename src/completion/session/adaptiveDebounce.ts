/** A debounce that adapts to the typing rhythm and to the latency of the engine, so that few requests are cancelled by the next key. */

export interface AdaptiveDebounceOptions {
	/** The editor's own debounce. */
	readonly editorDelayMs: number;
}

/** The number of gaps between keys that the percentile is taken over. */
const maxGaps = 32;
/** With fewer gaps than this there is no debounce. */
const minGaps = 8;
/** A longer gap is a pause for thought and not part of the rhythm. */
const maxGapMs = 1000;
/** The debounce is this percentile of the gaps: after it, the user has most likely stopped typing. */
const gapPercentile = 0.8;
const maxPauseMs = 300;
/** The smoothing factor of the moving average of latencies. */
const newestWeight = 0.25;

export class AdaptiveDebounce {
	readonly #options: AdaptiveDebounceOptions;
	#gapsMs: readonly number[] = [];
	#lastKeyMs: number | undefined;
	#answerMs: number | undefined;

	constructor(options: AdaptiveDebounceOptions) {
		this.#options = options;
	}

	/** A key was typed. */
	key(nowMs: number): void {
		const gapMs = nowMs - (this.#lastKeyMs ?? Number.NEGATIVE_INFINITY);
		this.#lastKeyMs = nowMs;
		if (gapMs <= maxGapMs)
			this.#gapsMs = [...this.#gapsMs, gapMs].slice(-maxGaps);
	}

	/** The engine has answered: the time from the request to the first text. */
	answered(tookMs: number): void {
		this.#answerMs =
			this.#answerMs === undefined
				? tookMs
				: this.#answerMs + newestWeight * (tookMs - this.#answerMs);
	}

	/** The exponential moving average of those times; 0 before the first. */
	get answerMs(): number {
		return this.#answerMs ?? 0;
	}

	/**
	 * How long to wait for another key before a request. 0 where an answer comes before the next key anyway, or where too little is known;
	 * otherwise the 80th percentile of the gaps between keys.
	 */
	get pauseMs(): number {
		const gapsMs = [...this.#gapsMs].sort((a, b) => a - b);
		if (this.#answerMs === undefined || gapsMs.length < minGaps) return 0;
		const { editorDelayMs } = this.#options;
		const typicalMs = gapsMs[Math.floor(gapsMs.length / 2)] ?? 0;
		if (this.#answerMs + editorDelayMs < typicalMs) return 0;
		const waitMs = gapsMs[Math.floor(gapsMs.length * gapPercentile)] ?? 0;
		return Math.min(Math.max(waitMs - editorDelayMs, 0), maxPauseMs);
	}
}
