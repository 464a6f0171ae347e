/** The one queue of the engine: llama.cpp does one thing at a time, in the order of arrival. */

export class Scheduler {
	#last: Promise<unknown> = Promise.resolve();

	/** Runs after everything that was there before has ended, however it ended. Settles as `work` does. */
	run<T>(work: () => Promise<T>): Promise<T> {
		const result = this.#last.then(work);
		this.#last = result.catch(() => {});
		return result;
	}
}
