/** Keeps loads and chats apart: a load first stops the chats, and requests that arrive meanwhile wait for it. */

import type { Priority, Scheduler } from "./scheduler.ts";

export interface StoppableChats {
	/** Whether a chat uses the model. */
	isBusy(): boolean;
	/** Stops the chats in progress; resolves when none of them uses the model any more. */
	stopAll(): Promise<void>;
}

export class LoadGate {
	readonly #scheduler: Scheduler;
	readonly #chats: StoppableChats;
	/** Set while chats are being stopped. */
	#closing: Promise<void> | undefined;

	constructor(scheduler: Scheduler, chats: StoppableChats) {
		this.#scheduler = scheduler;
		this.#chats = chats;
	}

	/** Runs work that replaces the model. */
	async runWithoutChats<T>(work: () => Promise<T>): Promise<T> {
		if (!this.#closing && !this.#chats.isBusy())
			return this.#scheduler.run(work);
		// Outside of the queue, where their last slice may be waiting.
		const closing = Promise.all([this.#closing, this.#chats.stopAll()]).then(
			() => {
				if (this.#closing === closing) this.#closing = undefined;
			},
		);
		this.#closing = closing;
		await closing;
		return this.#scheduler.run(work);
	}

	/** Runs work that uses the model, after the loads requested before it. */
	async run<T>(work: () => Promise<T>, priority?: Priority): Promise<T> {
		while (this.#closing) await this.#closing;
		return this.#scheduler.run(work, priority);
	}
}
