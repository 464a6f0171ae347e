/** What the last completions took together, as numbers that people compare. */

import type { Disposable } from "../base/disposable.ts";
import { Emitter, type Event } from "../base/event.ts";
import type { EngineStatus } from "../protocol/engineStatus.ts";
import type { GenerationStats } from "../protocol/generation.ts";

export interface GenerationCounters {
	/** Decoding; undefined where nothing was decoded. */
	readonly tokensPerSecond: number | undefined;
	/** Of the tokens of all prompts, those that were still evaluated: 0 to 1. */
	readonly reusedShare: number | undefined;
}

/** Enough to smooth, few enough to follow a change of what is typed. */
const mostCompletions = 20;

/** Of one model: another one starts from nothing. */
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
		const sum = (
			key: "decodeTokens" | "decodeMs" | "reusedTokens" | "promptTokens",
		) => this.#stats.reduce((total, it) => total + it[key], 0);
		return {
			tokensPerSecond: ratio(sum("decodeTokens") * 1000, sum("decodeMs")),
			reusedShare: ratio(sum("reusedTokens"), sum("promptTokens")),
		};
	}

	dispose(): void {
		for (const subscription of this.#subscriptions) subscription.dispose();
		this.#onDidChange.dispose();
	}

	/** Prompts that were only evaluated, in advance, are no completions: what they find evaluated nobody gains from. */
	#add(stats: GenerationStats): void {
		if (stats.decodeTokens === 0) return;
		this.#stats.push(stats);
		if (this.#stats.length > mostCompletions) this.#stats.shift();
		this.#onDidChange.fire();
	}
}

function ratio(part: number, whole: number): number | undefined {
	return whole > 0 ? part / whole : undefined;
}
