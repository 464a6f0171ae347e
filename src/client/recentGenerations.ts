/** Decode speed, cache hit rate and speculation gain over the last completions. */

import type { Disposable } from "../base/disposable.ts";
import { Emitter, type Event } from "../base/event.ts";
import type { EngineStatus } from "../protocol/engineStatus.ts";
import type { GenerationStats } from "../protocol/generation.ts";
import type { SpeculationCounters } from "../protocol/speculation.ts";

export interface GenerationCounters {
	/** Decode speed; undefined where nothing was decoded. */
	readonly tokensPerSecond: number | undefined;
	/** Prefix cache hits among all prompt tokens, 0 to 1. */
	readonly reusedShare: number | undefined;
	/** Undefined where nothing was drafted. */
	readonly speculation: SpeculationCounters | undefined;
}

/** Enough to smooth the figures, few enough to follow a change of context. */
const maxCompletions = 20;

/** Covers one model: a load starts over. */
export class RecentGenerations implements Disposable {
	readonly #stats: GenerationStats[] = [];
	readonly #onDidChange = new Emitter<void>();
	readonly #subscriptions: readonly Disposable[];

	readonly onDidChange: Event<void> = this.#onDidChange.event;

	constructor(
		onDidComplete: Event<GenerationStats>,
		onDidChangeStatus: Event<EngineStatus>,
	) {
		this.#subscriptions = [
			onDidComplete((stats) => this.#add(stats)),
			onDidChangeStatus(({ kind }) => {
				if (kind === "starting" || kind === "loading") this.#stats.length = 0;
			}),
		];
	}

	get counters(): GenerationCounters {
		const sum = (of: (stats: GenerationStats) => number) =>
			this.#stats.reduce((total, it) => total + of(it), 0);
		const decodeTokens = sum((it) => it.decodeTokens);
		const decodeMs = sum((it) => it.decodeMs);
		const acceptedShare = ratio(
			sum((it) => it.acceptedTokens),
			sum((it) => it.draftedTokens),
		);
		return {
			tokensPerSecond: ratio(decodeTokens * 1000, decodeMs),
			reusedShare: ratio(
				sum((it) => it.reusedTokens),
				sum((it) => it.promptTokens),
			),
			speculation:
				acceptedShare === undefined
					? undefined
					: {
							acceptedShare,
							tokensPerStep:
								ratio(
									decodeTokens,
									sum((it) => it.decodeSteps),
								) ?? 1,
							gain: ratio(sum(plainMs), decodeMs) ?? 1,
						},
		};
	}

	dispose(): void {
		for (const subscription of this.#subscriptions) subscription.dispose();
		this.#onDidChange.dispose();
	}

	/** Skips prompts that were evaluated ahead of a request: they are no completions, and their cache hits save nobody time. */
	#add(stats: GenerationStats): void {
		if (stats.decodeTokens === 0) return;
		this.#stats.push(stats);
		if (this.#stats.length > maxCompletions) this.#stats.shift();
		this.#onDidChange.fire();
	}
}

/**
 * Estimated time of plain decoding. A completion without drafts counts with its own time, so that the gain is over all decoding and not
 * over the completions that speculation was used for.
 */
function plainMs(stats: GenerationStats): number {
	const { draftedTokens, decodeMs, plainDecodeMs } = stats;
	return draftedTokens === 0 ? decodeMs : plainDecodeMs;
}

function ratio(part: number, whole: number): number | undefined {
	return whole > 0 ? part / whole : undefined;
}
