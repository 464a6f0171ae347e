/** The one queue of the engine: llama.cpp does one thing at a time, the most urgent first. */

/** From what cannot wait to what nobody waits for. */
const urgencies = ["typing", "chat", "idle"] as const;
export type Urgency = (typeof urgencies)[number];

export class Scheduler {
	readonly #waiting: Readonly<Record<Urgency, (() => Promise<void>)[]>> = {
		typing: [],
		chat: [],
		idle: [],
	};
	#isBusy = false;

	/** Runs when nothing else does, and nothing more urgent or as urgent was there before. Settles as `work` does. */
	run<T>(work: () => Promise<T>, urgency: Urgency = "typing"): Promise<T> {
		return new Promise((resolve, reject) => {
			this.#waiting[urgency].push(async () => {
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
		// What comes in at the same moment is looked at together.
		await Promise.resolve();
		for (let next = this.#next(); next; next = this.#next()) await next();
		this.#isBusy = false;
	}

	#next(): (() => Promise<void>) | undefined {
		for (const urgency of urgencies) {
			const next = this.#waiting[urgency].shift();
			if (next) return next;
		}
		return undefined;
	}
}
