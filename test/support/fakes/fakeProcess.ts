/** A process that exists in a test alone, and a clock that the test turns. */

import { toDisposable } from "../../../src/base/disposable.ts";
import type {
	EngineProcess,
	ProcessExit,
} from "../../../src/client/engineProcess.ts";
import type {
	FromEngine,
	ToEngine,
} from "../../../src/protocol/engineProtocol.ts";

export class FakeProcess implements EngineProcess {
	readonly sent: ToEngine[] = [];
	killed = false;
	#onMessage: (message: unknown) => void = () => {};
	readonly #onExit: ((exit: ProcessExit) => void)[] = [];

	send(message: unknown): void {
		this.sent.push(message as ToEngine);
	}

	onMessage(listener: (message: unknown) => void): void {
		this.#onMessage = listener;
	}

	onExit(listener: (exit: ProcessExit) => void): void {
		this.#onExit.push(listener);
	}

	kill(): void {
		this.killed = true;
		this.exit("signal SIGKILL");
	}

	//#region What a test makes it do
	says(message: FromEngine): void {
		this.#onMessage(message);
	}

	hello(): void {
		this.says({ kind: "hello", pid: 1 });
	}

	exit(why = "exit code 1"): void {
		for (const listener of this.#onExit.splice(0)) listener({ why });
	}
	//#endregion
}

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

	/** Timers that wait. */
	get pending(): number {
		return this.#timers.length;
	}

	/** Runs what is due in between, in order. */
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
