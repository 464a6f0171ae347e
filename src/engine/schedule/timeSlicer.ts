/** Work that is done in slices, so that what is more urgent goes in between. */

import type { Sequence } from "../runtime/runtime.ts";
import type { Scheduler, Urgency } from "./scheduler.ts";

export class TimeSlicer {
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
export function timeSliced(sequence: Sequence, slicer: TimeSlicer): Sequence {
	return {
		contextWindow: sequence.contextWindow,
		canRollBack: sequence.canRollBack,
		evaluate: (...them) => slicer.take(() => sequence.evaluate(...them)),
		argmax: (tokens) => slicer.take(() => sequence.argmax(tokens)),
		checkpoint: () => slicer.take(() => sequence.checkpoint()),
		truncate: (length) => slicer.take(() => sequence.truncate(length)),
		saveState: (file) => slicer.take(() => sequence.saveState(file)),
		loadState: (file) => slicer.take(() => sequence.loadState(file)),
	};
}
