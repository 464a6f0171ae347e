/** Snoozing completions. The state is not persisted: restarting the editor always ends it. */

import type { Disposable } from "../../base/disposable.ts";
import { Emitter, type Event } from "../../base/event.ts";

/** In milliseconds since 1970, or when the editor restarts. */
export type SnoozeEnd = number | "restart";

export class Snooze implements Disposable {
	readonly #onDidChange = new Emitter<void>();
	#end: SnoozeEnd | undefined;

	/** Fires on every `begin` and on `end`. Does not fire when the time runs out: the owner has the clock and calls `end`. */
	readonly onDidChange: Event<void> = this.#onDidChange.event;

	/** Undefined while completions are not snoozed. */
	until(nowMs: number): SnoozeEnd | undefined {
		return typeof this.#end === "number" && this.#end <= nowMs
			? undefined
			: this.#end;
	}

	begin(end: SnoozeEnd): void {
		this.#end = end;
		this.#onDidChange.fire();
	}

	end(): void {
		if (this.#end === undefined) return;
		this.#end = undefined;
		this.#onDidChange.fire();
	}

	dispose(): void {
		this.#onDidChange.dispose();
	}
}
