/** Ownership: whoever creates a disposable hands it to exactly one owner on the next line. */

export interface Disposable {
	dispose(): void;
}

export function toDisposable(dispose: () => void): Disposable {
	let disposed = false;
	return {
		dispose() {
			if (disposed) return;
			disposed = true;
			dispose();
		},
	};
}

/** Disposes of its items last to first. An item added after that is disposed of at once. */
export class DisposableStore implements Disposable {
	#items: Disposable[] = [];
	#disposed = false;

	add<T extends Disposable>(item: T): T {
		if (this.#disposed) item.dispose();
		else this.#items.push(item);
		return item;
	}

	dispose(): void {
		if (this.#disposed) return;
		this.#disposed = true;
		for (const item of this.#items.reverse()) item.dispose();
		this.#items = [];
	}
}
