/** A clock that the test advances, with its timers. */

import { toDisposable } from "../../../src/base/disposable.ts";

export class FakeClock {
	nowMs = 0;
	#timers: { dueMs: number; callback: () => void }[] = [];

	readonly now = (): number => this.nowMs;

	readonly setTimer = (callback: () => void, ms: number) => {
		const timer = { dueMs: this.nowMs + ms, callback };
		this.#timers.push(timer);
		return toDisposable(() => {
			this.#timers = this.#timers.filter((it) => it !== timer);
		});
	};

	/** How many timers are set. */
	get pending(): number {
		return this.#timers.length;
	}

	/** Runs the timers that are due meanwhile, in order. */
	advance(ms: number): void {
		const untilMs = this.nowMs + ms;
		for (;;) {
			const [next] = this.#timers
				.filter(({ dueMs }) => dueMs <= untilMs)
				.sort((a, b) => a.dueMs - b.dueMs);
			if (!next) break;
			this.#timers = this.#timers.filter((it) => it !== next);
			this.nowMs = next.dueMs;
			next.callback();
		}
		this.nowMs = untilMs;
	}
}
