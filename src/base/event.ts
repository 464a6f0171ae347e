/** Events in the shape that VS Code uses, for code that must not know VS Code. */

import { type Disposable, toDisposable } from "./disposable.ts";

export type Event<T> = (listener: (value: T) => void) => Disposable;

export class Emitter<T> implements Disposable {
	readonly #listeners = new Set<(value: T) => void>();

	readonly event: Event<T> = (listener) => {
		// A new wrapper each time, so that a function subscribed twice is called twice.
		const entry = (value: T) => listener(value);
		this.#listeners.add(entry);
		return toDisposable(() => this.#listeners.delete(entry));
	};

	/** Listeners added or removed during the call count from the next one. */
	fire(value: T): void {
		for (const listener of [...this.#listeners]) listener(value);
	}

	dispose(): void {
		this.#listeners.clear();
	}
}
