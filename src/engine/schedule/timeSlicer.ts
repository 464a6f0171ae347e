/** Runs long work in slices, so that work of higher priority can run in between. */

import type { Sequence } from "../runtime/runtime.ts";
import type { Priority, Scheduler } from "./scheduler.ts";

export class TimeSlicer {
	readonly #scheduler: Scheduler;
	readonly #priority: Priority;
	readonly #now: () => number;
	#waitedMs = 0;

	constructor(scheduler: Scheduler, priority: Priority, now: () => number) {
		this.#scheduler = scheduler;
		this.#priority = priority;
		this.#now = now;
	}

	/** Queues one slice. */
	run<T>(work: () => Promise<T>): Promise<T> {
		const startMs = this.#now();
		return this.#scheduler.run(() => {
			this.#waitedMs += this.#now() - startMs;
			return work();
		}, this.#priority);
	}

	/** A clock that stops while a slice waits, so that waiting does not count as the cost of the work. */
	now(): number {
		return this.#now() - this.#waitedMs;
	}
}

/** A sequence that runs each operation as a slice. */
export function timeSliced(sequence: Sequence, slicer: TimeSlicer): Sequence {
	return {
		contextWindow: sequence.contextWindow,
		canRollBack: sequence.canRollBack,
		evaluate: (...them) => slicer.run(() => sequence.evaluate(...them)),
		predict: (...them) => slicer.run(() => sequence.predict(...them)),
		checkpoint: () => slicer.run(() => sequence.checkpoint()),
		truncate: (length) => slicer.run(() => sequence.truncate(length)),
		saveState: (file) => slicer.run(() => sequence.saveState(file)),
		loadState: (file) => slicer.run(() => sequence.loadState(file)),
	};
}
