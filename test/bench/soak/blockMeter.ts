/**
 * The longest turn of the event loop, by the time of the processor: on a busy machine, a loop also waits for its turn on a core, which is
 * nobody's fault.
 */

export class BlockMeter {
	#timer: NodeJS.Timeout | undefined;
	#longestMs = 0;
	readonly #onLonger: (ms: number) => void;

	/** @param onLonger told of each turn that is longer than all before. */
	constructor(onLonger: (ms: number) => void) {
		this.#onLonger = onLonger;
	}

	get longestMs(): number {
		return this.#longestMs;
	}

	/** Measures from now on. */
	start(): void {
		let wallMs = performance.now();
		let cpu = process.cpuUsage();
		const tick = (): void => {
			const nowMs = performance.now();
			const used = process.cpuUsage(cpu);
			// All threads of the process: an upper bound of what this one worked.
			const busyMs = Math.min(nowMs - wallMs, (used.user + used.system) / 1000);
			if (busyMs > this.#longestMs) {
				this.#longestMs = busyMs;
				this.#onLonger(busyMs);
			}
			wallMs = nowMs;
			cpu = process.cpuUsage();
			this.#timer = setTimeout(tick, 1);
		};
		this.#timer = setTimeout(tick, 1);
	}

	/** Until the next `start`: for work that is the test's own. */
	stop(): void {
		clearTimeout(this.#timer);
	}

	reset(): void {
		this.#longestMs = 0;
	}
}
