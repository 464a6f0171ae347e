/** Keeps an eye on the memory of the devices that the loaded model runs on, for as long as someone looks. */

import type { Disposable } from "../base/disposable.ts";
import { Emitter, type Event } from "../base/event.ts";
import { type SetTimer, setRealTimer } from "../base/timers.ts";
import type { Device } from "../protocol/device.ts";
import type { FromEngine } from "../protocol/engineProtocol.ts";
import type { EngineStatus } from "../protocol/engineStatus.ts";
import type { HeadroomError } from "../protocol/errors.ts";
import type { EngineConnection } from "./supervisor.ts";

/** Of the supervisor, what never starts a process. */
interface PolledEngine {
	readonly status: EngineStatus;
	readonly running: EngineConnection | undefined;
	readonly onDidChangeStatus: Event<EngineStatus>;
	readonly onMessage: Event<FromEngine>;
	readonly onDidEnd: Event<HeadroomError>;
}

export interface DevicePollOptions {
	readonly engine: PolledEngine;
	readonly now?: () => number;
	readonly setTimer?: SetTimer;
}

/** Fast enough to see another program take memory, and too seldom to be seen in a profile. */
const pauseMs = 2000;

/** Asks only while it is watched and a model is loaded, and never again before the last answer is there. */
export class DevicePoll implements Disposable {
	readonly #options: Required<DevicePollOptions>;
	readonly #subscriptions: readonly Disposable[];
	readonly #onDidChange = new Emitter<readonly Device[]>();
	#devices: readonly Device[] = [];
	#isWatched = false;
	#timer: Disposable | undefined;
	#askedMs = Number.NEGATIVE_INFINITY;
	#polls = 0;
	/** The request that has no answer yet. */
	#awaited: string | undefined;

	/** Fires with each answer. */
	readonly onDidChange: Event<readonly Device[]> = this.#onDidChange.event;

	constructor(options: DevicePollOptions) {
		this.#options = {
			now: () => performance.now(),
			setTimer: setRealTimer,
			...options,
		};
		const { engine } = options;
		this.#subscriptions = [
			engine.onDidChangeStatus(() => this.#update()),
			engine.onMessage((message) => this.#receive(message)),
			engine.onDidEnd(() => {
				this.#awaited = undefined;
				this.#devices = [];
			}),
		];
	}

	/** As they were last told of by the process that runs; empty before that. */
	get devices(): readonly Device[] {
		return this.#devices;
	}

	/** Whether anyone sees what is polled. */
	watch(isWatched: boolean): void {
		this.#isWatched = isWatched;
		this.#update();
	}

	dispose(): void {
		for (const subscription of this.#subscriptions) subscription.dispose();
		this.#timer?.dispose();
		this.#onDidChange.dispose();
	}

	#update(): void {
		const { engine, now, setTimer } = this.#options;
		const { kind } = engine.status;
		const isLoaded = kind === "ready" || kind === "generating";
		if (!this.#isWatched || !isLoaded) {
			this.#timer?.dispose();
			this.#timer = undefined;
			return;
		}
		if (this.#timer || this.#awaited !== undefined) return;
		const waitMs = Math.max(0, this.#askedMs + pauseMs - now());
		this.#timer = setTimer(() => this.#ask(), waitMs);
	}

	#ask(): void {
		this.#timer = undefined;
		const { engine, now } = this.#options;
		const { running } = engine;
		if (!running) return;
		this.#askedMs = now();
		this.#awaited = `d${++this.#polls}`;
		running.send({
			kind: "describeDevices",
			requestId: this.#awaited,
			gpu: null,
		});
	}

	#receive(message: FromEngine): void {
		if (message.kind !== "devices" && message.kind !== "failed") return;
		if (message.requestId !== this.#awaited) return;
		this.#awaited = undefined;
		if (message.kind === "devices") {
			this.#devices = message.devices;
			this.#onDidChange.fire(message.devices);
		}
		this.#update();
	}
}
