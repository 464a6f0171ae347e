/** Polls the memory of the devices that the loaded model runs on, while it is visible to the user. */

import type { Disposable } from "../../base/disposable.ts";
import { Emitter, type Event } from "../../base/event.ts";
import { type SetTimer, setRealTimer } from "../../base/timers.ts";
import type { Device } from "../../protocol/device.ts";
import type { FromEngine } from "../../protocol/engineProtocol.ts";
import { type EngineStatus, loadedModel } from "../../protocol/engineStatus.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import type { EngineConnection } from "../supervisor.ts";

/** The part of the supervisor that never starts a process. */
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

/** Fast enough to notice another program allocating memory, and too slow to show in a profile. */
const pauseMs = 2000;

/** Polls only while it is watched and a model is loaded, with one request at a time. */
export class DevicePoll implements Disposable {
	readonly #options: Required<DevicePollOptions>;
	readonly #subscriptions: readonly Disposable[];
	readonly #onDidChange = new Emitter<readonly Device[]>();
	#devices: readonly Device[] = [];
	#isWatched = false;
	#timer: Disposable | undefined;
	#askedMs = Number.NEGATIVE_INFINITY;
	#polls = 0;
	/** Id of the request that has no answer yet. */
	#pending: string | undefined;

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
				this.#pending = undefined;
				this.#devices = [];
			}),
		];
	}

	/** The last answer of the running process; empty before the first. */
	get devices(): readonly Device[] {
		return this.#devices;
	}

	/** @param isWatched whether the figures are visible. */
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
		if (!this.#isWatched || !loadedModel(engine.status)) {
			this.#timer?.dispose();
			this.#timer = undefined;
			return;
		}
		if (this.#timer || this.#pending !== undefined) return;
		const waitMs = Math.max(0, this.#askedMs + pauseMs - now());
		this.#timer = setTimer(() => this.#ask(), waitMs);
	}

	#ask(): void {
		this.#timer = undefined;
		const { engine, now } = this.#options;
		const { running } = engine;
		if (!running) return;
		this.#askedMs = now();
		this.#pending = `d${++this.#polls}`;
		running.send({
			kind: "describeDevices",
			requestId: this.#pending,
			gpu: null,
		});
	}

	#receive(message: FromEngine): void {
		if (message.kind !== "devices" && message.kind !== "failed") return;
		if (message.requestId !== this.#pending) return;
		this.#pending = undefined;
		if (message.kind === "devices") {
			this.#devices = message.devices;
			this.#onDidChange.fire(message.devices);
		}
		this.#update();
	}
}
