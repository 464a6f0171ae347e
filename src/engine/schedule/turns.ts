/** Work that is done in slices, so that what is more urgent goes in between. */

import type { Sequence } from "../runtime/runtime.ts";
import type { Scheduler, Urgency } from "./scheduler.ts";

export class Turns {
	readonly #scheduler: Scheduler;
	readonly #urgency: Urgency;
	readonly #now: () => number;
	#waitedMs = 0;

	constructor(scheduler: Scheduler, urgency: Urgency, now: () => number) {
		this.#scheduler = scheduler;
		this.#urgency = urgency;
		this.#now = now;
	}

	take<T>(work: () => Promise<T>): Promise<T> {
		const startMs = this.#now();
		return this.#scheduler.run(() => {
			this.#waitedMs += this.#now() - startMs;
			return work();
		}, this.#urgency);
	}

	/** A clock that stands still while others have their turn: what work takes is not what it waits. */
	now(): number {
		return this.#now() - this.#waitedMs;
	}
}

/** A sequence each of whose evaluations waits for its turn. */
export function inTurns(sequence: Sequence, turns: Turns): Sequence {
	return {
		contextWindow: sequence.contextWindow,
		cutsAnywhere: sequence.cutsAnywhere,
		evaluate: (...them) => turns.take(() => sequence.evaluate(...them)),
		likeliest: (tokens) => turns.take(() => sequence.likeliest(tokens)),
		checkpoint: () => turns.take(() => sequence.checkpoint()),
		truncate: (length) => turns.take(() => sequence.truncate(length)),
		saveState: (file) => turns.take(() => sequence.saveState(file)),
		loadState: (file) => turns.take(() => sequence.loadState(file)),
	};
}
