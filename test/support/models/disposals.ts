/** Frees what a test loaded from the library, in bounded time. */

import { nullLog } from "../../../src/base/log.ts";
import { disposeWithin } from "../../../src/engine/runtime/disposeWithin.ts";

interface Owned {
	dispose(): Promise<void>;
}

/** Generous: a busy machine takes a while, and a `dispose` of the library may never settle. */
const limitMs = 30_000;

/** What to free, the last one first: contexts before their model, models before their runtime. */
export class Disposals {
	readonly #all: Owned[] = [];

	add<T extends Owned>(it: T): T {
		this.#all.push(it);
		return it;
	}

	async dispose(): Promise<void> {
		for (const it of this.#all.splice(0).reverse()) await disposeBounded(it);
	}
}

export function disposeBounded(it: Owned): Promise<void> {
	return disposeWithin(limitMs, "a test's model", () => it.dispose(), nullLog);
}
