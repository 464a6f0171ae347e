/**
 * Keeps one engine process: starts it on first need, starts it again after a crash, gives up when that repeats.
 *
 * Invariant: at most one process at any time, and none after `stop`.
 */

import type { Disposable } from "../base/disposable.ts";
import { Emitter, type Event } from "../base/event.ts";
import type { Log } from "../base/log.ts";
import { failure, type Result, success } from "../base/result.ts";
import { type SetTimer, setRealTimer } from "../base/timers.ts";
import {
	FromEngine,
	type LoadOptions,
	type ToEngine,
} from "../protocol/engineProtocol.ts";
import type { EngineStatus } from "../protocol/engineStatus.ts";
import {
	createError,
	errorText,
	type HeadroomError,
	messageOf,
} from "../protocol/errors.ts";
import type { EngineProcess, ProcessExit } from "./engineProcess.ts";
import { decideRestart } from "./restartPolicy.ts";

/** A process that ended in the middle of a load. */
export interface LoadCrash {
	readonly file: string;
	/** The engine's own name for what it tried; undefined where it did not get so far. */
	readonly step: string | undefined;
	/** One phrase. */
	readonly why: string;
}

export interface SupervisorOptions {
	readonly fork: () => EngineProcess;
	/** What a fresh process is to load; asked anew at every start. Must not reject. */
	readonly loadOptions: () => LoadOptions | Promise<LoadOptions>;
	readonly log: Log;
	/** Called before the process is started again, so that it can be told what to leave out. */
	readonly onLoadCrash?: (crash: LoadCrash) => void;
	readonly now?: () => number;
	readonly setTimer?: SetTimer;
}

/** A process that has not said hello by then never will. */
const startTimeoutMs = 60_000;

/** How long a process may take to end its work and free its memory, when asked to. VS Code waits five seconds. */
const shutdownTimeoutMs = 1_500;

/** One process from its start to its end. */
interface Run {
	readonly process: EngineProcess;
	readonly startTimer: Disposable;
	greeted: boolean;
	/** So often it was asked what to load: of answers that overtake each other, the last one counts. */
	loads: number;
	/** It was told what to load: the engine takes requests. */
	listening: boolean;
	/** It ends because it was told to. */
	stopping: boolean;
}

type Load = Pick<LoadCrash, "file" | "step">;

type Waiter = (result: Result<EngineConnection, HeadroomError>) => void;

/** The way to one process. After its end, sending does nothing. */
export interface EngineConnection {
	send(message: ToEngine): void;
}

export class Supervisor implements Disposable {
	readonly #options: Required<SupervisorOptions>;
	readonly #onDidChangeStatus = new Emitter<EngineStatus>();
	readonly #onMessage = new Emitter<FromEngine>();
	readonly #onDidEnd = new Emitter<HeadroomError>();
	#status: EngineStatus = { kind: "stopped" };
	#run: Run | undefined;
	#restartTimer: Disposable | undefined;
	/** Counts what was asked for by `restart` and `stop`: the last one stands. */
	#latestRequest = 0;
	#crashTimesMs: number[] = [];
	/** The last end of a process, where that was in the middle of a load. */
	#crashedLoad: Load | undefined;
	#waiters: Waiter[] = [];
	#disposed = false;

	/** Fires with the new status, also while a model loads. */
	readonly onDidChangeStatus: Event<EngineStatus> =
		this.#onDidChangeStatus.event;
	/** Messages of the running process that are not dealt with here. */
	readonly onMessage: Event<FromEngine> = this.#onMessage.event;
	/** A process that was listening is gone, with everything that was asked of it. */
	readonly onDidEnd: Event<HeadroomError> = this.#onDidEnd.event;

	constructor(options: SupervisorOptions) {
		this.#options = {
			onLoadCrash: () => {},
			now: Date.now,
			setTimer: setRealTimer,
			...options,
		};
	}

	get status(): EngineStatus {
		return this.#status;
	}

	/** The way to the process that listens; undefined where none does, and none is started for it. */
	get running(): EngineConnection | undefined {
		const run = this.#run;
		return run?.listening && !run.stopping ? connectionTo(run) : undefined;
	}

	/** A listening process: the running one, or one that is started for this. Settles in any case. */
	connect(): Promise<Result<EngineConnection, HeadroomError>> {
		if (this.#disposed)
			return Promise.resolve(failure(createError("engineStopped", {})));
		if (this.#run?.listening && !this.#run.stopping)
			return Promise.resolve(success(connectionTo(this.#run)));
		if (this.#status.kind === "crashed" && this.#status.restartInMs === null)
			return Promise.resolve(failure(this.#status.error));
		return new Promise((resolve) => {
			this.#waiters.push(resolve);
			// A process that is being stopped is followed by a new one at its end; one that crashed, after its pause.
			if (!this.#run && !this.#restartTimer) this.#start();
		});
	}

	/** Starts a fresh process at once, whatever happened before. Past crashes are forgiven. */
	async restart(): Promise<void> {
		this.#crashTimesMs = [];
		this.#crashedLoad = undefined;
		const wish = ++this.#latestRequest;
		await this.#stopRun();
		// A `stop` that came in the meantime stands.
		if (wish === this.#latestRequest && !this.#disposed && !this.#run)
			this.#start();
	}

	/** Stops the process until it is needed again. Who waits for one is told so. */
	async stop(): Promise<void> {
		this.#latestRequest++;
		this.#settleWaiters(failure(createError("engineStopped", {})));
		await this.#stopRun();
	}

	/** Brings the engine up to a change of its options. One that was never needed is not started for it. */
	apply(effect: "nothing" | "reloadModel" | "restartEngine"): void {
		if (effect === "nothing" || this.#status.kind === "stopped") return;
		// Another model may be just what a crashed engine needs.
		if (effect === "restartEngine" || this.#status.kind === "crashed")
			void this.restart();
		else if (this.#run?.greeted && !this.#run.stopping)
			void this.#load(this.#run);
	}

	/** Ends the process at once. Prefer `stop` where there is time to wait. */
	dispose(): void {
		this.#disposed = true;
		this.#restartTimer?.dispose();
		const run = this.#run;
		if (run) {
			run.stopping = true;
			run.process.kill();
		}
		this.#settleWaiters(failure(createError("engineStopped", {})));
	}

	#start(): void {
		this.#restartTimer?.dispose();
		this.#restartTimer = undefined;
		const { fork, log, setTimer } = this.#options;
		log.info("starting the engine");
		this.#setStatus({ kind: "starting" });
		let process: EngineProcess;
		try {
			process = fork();
		} catch (thrown) {
			this.#crashed(messageOf(thrown));
			return;
		}
		const run: Run = {
			process,
			startTimer: setTimer(() => {
				log.error(`the engine did not answer within ${startTimeoutMs} ms`);
				process.kill();
			}, startTimeoutMs),
			greeted: false,
			loads: 0,
			listening: false,
			stopping: false,
		};
		this.#run = run;
		process.onMessage((raw) => this.#receive(run, raw));
		process.onExit((exit) => this.#ended(run, exit));
	}

	#receive(run: Run, raw: unknown): void {
		const { log } = this.#options;
		const parsed = FromEngine.safeParse(raw);
		if (!parsed.success) {
			log.error(
				errorText(createError("badMessage", { why: parsed.error.message })),
			);
			return;
		}
		const message = parsed.data;
		if (message.kind === "log") {
			log[message.level](message.message);
			return;
		}
		// The last words of a process that ends, or has ended: who waits for it is told by its end.
		if (this.#run !== run || run.stopping) return;
		switch (message.kind) {
			case "hello": {
				log.info(`the engine runs as process ${message.pid}`);
				run.startTimer.dispose();
				run.greeted = true;
				void this.#load(run);
				return;
			}
			case "report":
				if (message.report.kind === "ready") this.#crashedLoad = undefined;
				this.#setStatus(message.report);
				return;
			default:
				this.#onMessage.fire(message);
		}
	}

	/** Tells the process what to load; who waits for one may send it requests from then on. */
	async #load(run: Run): Promise<void> {
		const load = ++run.loads;
		let options: LoadOptions;
		try {
			options = await this.#options.loadOptions();
		} catch (thrown) {
			this.#options.log.error(
				`what to load is not known: ${messageOf(thrown)}`,
			);
			run.process.kill();
			return;
		}
		if (this.#run !== run || run.stopping || load !== run.loads) return;
		const connection = connectionTo(run);
		connection.send({ kind: "load", requestId: `l${load}`, options });
		run.listening = true;
		this.#settleWaiters(success(connection));
	}

	#ended(run: Run, exit: ProcessExit): void {
		run.startTimer.dispose();
		if (this.#run === run) this.#run = undefined;
		if (run.stopping) {
			this.#options.log.info("the engine has stopped");
			this.#setStatus({ kind: "stopped" });
			this.#onDidEnd.fire(createError("engineStopped", {}));
			if (this.#waiters.length > 0 && !this.#disposed) this.#start();
			return;
		}
		this.#crashed(exit.why);
	}

	#crashed(why: string): void {
		const { log, now, onLoadCrash } = this.#options;
		const nowMs = now();
		this.#crashTimesMs = [...this.#crashTimesMs.slice(-9), nowMs];
		const load = loadOf(this.#status);
		const crashedBefore = this.#crashedLoad;
		this.#crashedLoad = load;
		const decision = decideRestart(this.#crashTimesMs, nowMs);
		const error = load
			? createError("modelCrashes", { file: load.file, why })
			: createError("engineCrashed", { why });
		log.error(errorText(error));
		if (load) onLoadCrash({ ...load, why });
		this.#onDidEnd.fire(error);
		if (load && crashedBefore && isSame(load, crashedBefore)) {
			this.#giveUp(error);
			return;
		}
		if (decision.kind === "giveUp") {
			this.#giveUp(
				createError("engineGaveUp", {
					count: String(decision.crashes),
					why,
				}),
			);
			return;
		}
		log.info(`the engine is started again in ${decision.pauseMs} ms`);
		this.#restartTimer = this.#options.setTimer(
			() => this.#start(),
			decision.pauseMs,
		);
		this.#setStatus({ kind: "crashed", error, restartInMs: decision.pauseMs });
	}

	/** What is asked for is refused with this, until someone asks for a restart. */
	#giveUp(error: HeadroomError): void {
		this.#options.log.error(errorText(error));
		this.#setStatus({ kind: "crashed", error, restartInMs: null });
		this.#settleWaiters(failure(error));
	}

	async #stopRun(): Promise<void> {
		this.#restartTimer?.dispose();
		this.#restartTimer = undefined;
		const run = this.#run;
		if (!run) {
			this.#setStatus({ kind: "stopped" });
			return;
		}
		run.stopping = true;
		await new Promise<void>((resolve) => {
			const timer = this.#options.setTimer(
				() => run.process.kill(),
				shutdownTimeoutMs,
			);
			run.process.onExit(() => {
				timer.dispose();
				resolve();
			});
			connectionTo(run).send({ kind: "shutdown" });
		});
	}

	#settleWaiters(result: Result<EngineConnection, HeadroomError>): void {
		const waiters = this.#waiters;
		this.#waiters = [];
		for (const waiter of waiters) waiter(result);
	}

	#setStatus(status: EngineStatus): void {
		this.#status = status;
		this.#onDidChangeStatus.fire(status);
	}
}

/** What was being loaded in this state. */
function loadOf(status: EngineStatus): Load | undefined {
	switch (status.kind) {
		case "loading":
			return { file: status.file, step: status.step };
		case "warmingUp":
			return { file: status.model.file, step: status.step };
		default:
			return undefined;
	}
}

/** One that ends the process may have met an accident; where the same does so again, another try would too. */
function isSame(one: Load, other: Load): boolean {
	return one.file === other.file && one.step === other.step;
}

function connectionTo(run: Run): EngineConnection {
	return { send: (message) => run.process.send(message) };
}
