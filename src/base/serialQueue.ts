/** Runs asynchronous work one piece at a time. */

/** A serial queue, first in, first out. Work that rejects does not hold up what is behind it. */
export class SerialQueue {
	#last: Promise<unknown> = Promise.resolve();

	/** Settles as the work does. */
	run<Value>(work: () => Promise<Value>): Promise<Value> {
		const done = this.#last.then(work);
		this.#last = done.catch(() => {});
		return done;
	}

	/** Resolves when everything added so far has settled; never rejects. */
	async idle(): Promise<void> {
		await this.#last;
	}
}
