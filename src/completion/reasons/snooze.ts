/** A pause that the user asks for. It is kept nowhere: a restart of the editor ends it in any case. */

import type { Disposable } from "../../base/disposable.ts";
import { Emitter, type Event } from "../../base/event.ts";

/** In milliseconds since 1970, or with the editor's restart. */
export type SnoozeEnd = number | "restart";

export class Snooze implements Disposable {
	readonly #onDidChange = new Emitter<void>();
	#end: SnoozeEnd | undefined;

	/** Fires when it begins, is given another end, or is ended. Time alone fires nothing: whoever has a clock calls `end`. */
	readonly onDidChange: Event<void> = this.#onDidChange.event;

	/** Undefined where nothing is snoozed. */
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
