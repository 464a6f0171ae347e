/**
 * Notices an engine that has stopped answering, such as one that is stopped, or loops without end.
 *
 * Silence is counted in beats and not read from a clock: a computer that was asleep, or a host that was busy itself, missed one beat at most.
 */

import type { Disposable } from "../base/disposable.ts";
import { type SetTimer, setRealTimer } from "../base/timers.ts";

/** How long an engine may be silent. */
export interface Patience {
	/** Between two questions whether it is alive. */
	readonly beatMs: number;
	/** Beats in a row without any message. */
	readonly beats: number;
	/** The same while it loads a model: a driver may keep it from answering. */
	readonly beatsInLoad: number;
}

export interface HeartbeatOptions {
	readonly patience: Patience;
	/** Asks the engine for a sign of life. */
	readonly ask: () => void;
	readonly isLoading: () => boolean;
	/** Called once, with the time without a message; there are no beats after it. */
	readonly onSilent: (silentMs: number) => void;
	readonly setTimer?: SetTimer;
}

/** Shortens the silence outside of loads, for tests: in milliseconds. */
const silenceVariable = "HEADROOM_ENGINE_SILENCE_MS";

const usual: Patience = { beatMs: 1_000, beats: 10, beatsInLoad: 120 };

/** Undefined where the engine is being debugged: at a breakpoint, it answers nothing. */
export function patienceWith(
	env: NodeJS.ProcessEnv,
	inspectPort: number | undefined,
): Patience | undefined {
	if (inspectPort !== undefined) return undefined;
	const silenceMs = Number(env[silenceVariable]);
	if (!Number.isFinite(silenceMs) || silenceMs <= 0) return usual;
	const beatMs = Math.min(usual.beatMs, silenceMs / usual.beats);
	return {
		beatMs,
		beats: Math.ceil(silenceMs / beatMs),
		beatsInLoad: Math.ceil((usual.beatsInLoad * usual.beatMs) / beatMs),
	};
}

export class Heartbeat implements Disposable {
	readonly #options: Required<HeartbeatOptions>;
	#timer: Disposable;
	#silentBeats = 0;

	constructor(options: HeartbeatOptions) {
		this.#options = { setTimer: setRealTimer, ...options };
		this.#timer = this.#setTimer();
		options.ask();
	}

	/** The engine has sent something. */
	heard(): void {
		this.#silentBeats = 0;
	}

	dispose(): void {
		this.#timer.dispose();
	}

	#setTimer(): Disposable {
		const { patience, setTimer } = this.#options;
		return setTimer(() => this.#beat(), patience.beatMs);
	}

	#beat(): void {
		const { patience, ask, isLoading, onSilent } = this.#options;
		this.#silentBeats++;
		const allowed = isLoading() ? patience.beatsInLoad : patience.beats;
		if (this.#silentBeats >= allowed) {
			onSilent(this.#silentBeats * patience.beatMs);
			return;
		}
		this.#timer = this.#setTimer();
		ask();
	}
}
