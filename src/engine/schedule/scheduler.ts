/** The engine's priority queue: llama.cpp runs one piece of work at a time, the highest priority first. */

/** Highest first. Idle work is done in advance: nobody waits for it. */
const priorities = ["typing", "chat", "idle"] as const;
export type Priority = (typeof priorities)[number];

export class Scheduler {
	readonly #waiting: Readonly<Record<Priority, (() => Promise<void>)[]>> = {
		typing: [],
		chat: [],
		idle: [],
	};
	#isBusy = false;

	/** First in, first out within a priority. Settles as `work` does. */
	run<T>(work: () => Promise<T>, priority: Priority = "typing"): Promise<T> {
		return new Promise((resolve, reject) => {
			this.#waiting[priority].push(async () => {
				try {
					resolve(await work());
				} catch (thrown) {
					reject(thrown);
				}
			});
			if (!this.#isBusy) void this.#runAll();
		});
	}

	async #runAll(): Promise<void> {
		this.#isBusy = true;
		// Work that is added in the same tick is ordered by priority, too.
		await Promise.resolve();
		for (let next = this.#next(); next; next = this.#next()) await next();
		this.#isBusy = false;
	}

	#next(): (() => Promise<void>) | undefined {
		for (const priority of priorities) {
			const next = this.#waiting[priority].shift();
			if (next) return next;
		}
		return undefined;
	}
}
