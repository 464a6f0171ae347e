/** Events in the shape that VS Code uses, for code that must not know VS Code. */

import { type Disposable, toDisposable } from "./disposable.ts";

export type Event<T> = (listener: (value: T) => void) => Disposable;

export class Emitter<T> implements Disposable {
	readonly #listeners = new Set<(value: T) => void>();

	readonly event: Event<T> = (listener) => {
		// A wrapper of its own, so that one function subscribed twice counts twice.
		const entry = (value: T) => listener(value);
		this.#listeners.add(entry);
		return toDisposable(() => this.#listeners.delete(entry));
	};

	/** Listeners added or removed while firing do not take part in that firing. */
	fire(value: T): void {
		for (const listener of [...this.#listeners]) listener(value);
	}

	dispose(): void {
		this.#listeners.clear();
	}
}
