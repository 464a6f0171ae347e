/** A least recently used cache. */

export class LruCache<K, V> {
	// A Map iterates in the order of insertion: the first key is the least recently used.
	readonly #entries = new Map<K, V>();

	constructor(readonly capacity: number) {}

	get(key: K): V | undefined {
		const value = this.#entries.get(key);
		if (value === undefined) return undefined;
		this.#entries.delete(key);
		this.#entries.set(key, value);
		return value;
	}

	set(key: K, value: V): void {
		this.#entries.delete(key);
		this.#entries.set(key, value);
		for (const oldest of this.#entries.keys()) {
			if (this.#entries.size <= this.capacity) break;
			this.#entries.delete(oldest);
		}
	}

	/** Most recently used first. Looking does not count as use. */
	*newestFirst(): Generator<[K, V]> {
		yield* [...this.#entries].reverse();
	}

	delete(key: K): void {
		this.#entries.delete(key);
	}

	clear(): void {
		this.#entries.clear();
	}
}
