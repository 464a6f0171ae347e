/** How someone types, to ask no sooner than it pays: a request that the next key makes useless has cost time for nothing. */

export interface RhythmOptions {
	/** The editor itself waits so long after a key before it asks. */
	readonly editorDelayMs: number;
}

/** So many gaps between keys make up a rhythm ... */
const rememberedGaps = 32;
/** ... and fewer than this none. */
const minGaps = 8;
/** A longer gap is a thought and no rhythm. */
const longestGapMs = 1000;
/** This share of the gaps is shorter than the pause: who has waited for longer has most likely stopped. */
const pauseShare = 0.8;
/** Nobody should have to wait for longer than this on top of the answer's own time. */
const longestPauseMs = 300;
/** Weight of the newest answer in the average of what answers take. */
const newestWeight = 0.25;

export class AdaptiveDebounce {
	readonly #options: RhythmOptions;
	#gapsMs: readonly number[] = [];
	#lastKeyMs: number | undefined;
	#answerMs: number | undefined;

	constructor(options: RhythmOptions) {
		this.#options = options;
	}

	/** A key was typed. */
	key(nowMs: number): void {
		const gapMs = nowMs - (this.#lastKeyMs ?? Number.NEGATIVE_INFINITY);
		this.#lastKeyMs = nowMs;
		if (gapMs <= longestGapMs)
			this.#gapsMs = [...this.#gapsMs, gapMs].slice(-rememberedGaps);
	}

	/** An answer of the engine took so long to its first line. */
	answered(tookMs: number): void {
		this.#answerMs =
			this.#answerMs === undefined
				? tookMs
				: this.#answerMs + newestWeight * (tookMs - this.#answerMs);
	}

	/** What an answer takes to its first line, on average; 0 before there was one. */
	get answerMs(): number {
		return this.#answerMs ?? 0;
	}

	/**
	 * How long to wait for another key before asking. Nothing where answers come before the next key anyway, or where little is known yet;
	 * otherwise as long as most of the gaps between keys are.
	 */
	get pauseMs(): number {
		const gapsMs = [...this.#gapsMs].sort((a, b) => a - b);
		if (this.#answerMs === undefined || gapsMs.length < minGaps) return 0;
		const { editorDelayMs } = this.#options;
		const typicalMs = gapsMs[Math.floor(gapsMs.length / 2)] ?? 0;
		if (this.#answerMs + editorDelayMs < typicalMs) return 0;
		const maxMs = gapsMs[Math.floor(gapsMs.length * pauseShare)] ?? 0;
		return Math.min(Math.max(maxMs - editorDelayMs, 0), longestPauseMs);
	}
}
