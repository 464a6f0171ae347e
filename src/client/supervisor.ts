/**
 * Runs one engine process: starts it on first need, restarts it after a crash or a long silence, gives up when crashes repeat.
 *
 * Invariants: at most one process at any time, and none after `stop`. Every promise settles, also when the process dies or never starts.
 */

import type { Disposable } from "../base/disposable.ts";
import { Emitter, type Event } from "../base/event.ts";
import type { Log } from "../base/log.ts";
import { failure, type Result, success } from "../base/result.ts";
import { type SetTimer, setRealTimer } from "../base/timers.ts";
import { formatMs } from "../base/units.ts";
import {
	FromEngine,
	type LoadOptions,
	type ToEngine,
} from "../protocol/engineProtocol.ts";
import {
	type EngineStatus,
	type LoadResult,
	ownChat,
} from "../protocol/engineStatus.ts";
import {
	createError,
	errorText,
	type HeadroomError,
	messageOf,
} from "../protocol/errors.ts";
import type { MemoryReason } from "../protocol/memoryReason.ts";
import type { EngineProcess, ProcessExit } from "./engineProcess.ts";
import { Heartbeat, type Patience, patienceWith } from "./heartbeat.ts";
import {
	AvoidedSteps,
	loadMemoryCause,
	type ProcessEnd,
	saidMemoryCause,
} from "./loadMemory.ts";
import { decideRestart } from "./restartPolicy.ts";

/** A process that crashed while it loaded a model. */
export interface LoadCrash {
	readonly file: string;
	/** The engine's key of the fallback step that it tried; undefined before the first one. */
	readonly step: string | undefined;
	/** One phrase. */
	readonly why: string;
}

type ProvideLoadOptions = () => LoadOptions | Promise<LoadOptions>;

export interface SupervisorOptions {
	readonly fork: () => EngineProcess;
	/** What to load, unless a pending `load` says otherwise; called at every start and load. Must not reject. */
	readonly loadOptions: ProvideLoadOptions;
	readonly log: Log;
	/** Called before the restart, so that the next load can skip the step that crashed. */
	readonly onLoadCrash?: (crash: LoadCrash) => void;
	/** With a process that is silent; undefined waits for ever. */
	readonly patience?: Patience | undefined;
	readonly now?: () => number;
	readonly setTimer?: SetTimer;
}

export interface LoadRequest {
	/** Replaces the supervisor's own until this load has ended, also for a process that is restarted after a crash. */
	readonly options?: ProvideLoadOptions;
	/** 0 to 1. */
	readonly onProgress?: (fraction: number) => void;
	/** Restarts the process, which ends a load under way sooner than waiting for it. */
	readonly afresh?: boolean;
}

export type LoadEnd =
	| { readonly kind: "loaded"; readonly result: LoadResult }
	/** The process is well, and the model could not be loaded. */
	| { readonly kind: "failed"; readonly error: HeadroomError }
	/** The process crashed and is not restarted. */
	| { readonly kind: "crashed"; readonly error: HeadroomError }
	/** By a later call of `load`. */
	| { readonly kind: "superseded" }
	/** `stop` or `dispose` came first. */
	| { readonly kind: "stopped" };

interface PendingLoad {
	readonly options: ProvideLoadOptions;
	readonly onProgress: (fraction: number) => void;
	readonly settle: (end: LoadEnd) => void;
}

/** A process that has not said hello by then never will. */
const startTimeoutMs = 60_000;

/** How long a process may take to shut down and free its memory. VS Code waits five seconds for `deactivate`. */
const shutdownTimeoutMs = 1_500;

/** One process from its start to its end. */
interface Run {
	readonly process: EngineProcess;
	readonly startTimer: Disposable;
	/** From its greeting on. */
	heartbeat: Heartbeat | undefined;
	/** How long it was silent before it was killed for that. */
	silentMs: number | undefined;
	greeted: boolean;
	/** Counts calls of `loadOptions`: only the answer to the latest one is sent. */
	loads: number;
	/** Id of the load that was sent last; undefined while the next one waits for its options. */
	loadId: string | undefined;
	/** Ids of the loads that were sent, oldest first. The engine works on the oldest. */
	unanswered: readonly string[];
	/** A load was sent: the engine takes requests. */
	listening: boolean;
	/** It was told to shut down: its end is no crash. */
	stopping: boolean;
	/** The last errors that it logged, oldest first. */
	loggedErrors: readonly string[];
}

interface Load extends Pick<LoadCrash, "file" | "step"> {
	/** What its plan needs, and what was free. */
	readonly needs?: readonly MemoryReason[] | undefined;
}

type Waiter = (result: Result<EngineConnection, HeadroomError>) => void;

/** Sends to one process. After its end, sending does nothing. */
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
	/** Counts calls of `restart` and `stop`: the latest one wins. */
	#latestRequest = 0;
	#crashTimesMs: number[] = [];
	/** What the last process was loading when it crashed. */
	#crashedLoad: Load | undefined;
	readonly #avoided: AvoidedSteps;
	#pendingLoad: PendingLoad | undefined;
	#waiters: Waiter[] = [];
	#disposed = false;

	/** Fires with the new status, also while a model loads. */
	readonly onDidChangeStatus: Event<EngineStatus> =
		this.#onDidChangeStatus.event;
	/** Messages of the running process that the supervisor does not handle itself. */
	readonly onMessage: Event<FromEngine> = this.#onMessage.event;
	/** The process has ended, and all requests to it with it. */
	readonly onDidEnd: Event<HeadroomError> = this.#onDidEnd.event;

	constructor(options: SupervisorOptions) {
		this.#options = {
			onLoadCrash: () => {},
			patience: patienceWith({}, undefined),
			now: Date.now,
			setTimer: setRealTimer,
			...options,
		};
		this.#avoided = new AvoidedSteps(this.#options.now);
	}

	get status(): EngineStatus {
		return this.#status;
	}

	/** A connection to the process if it is listening. Starts nothing. */
	get running(): EngineConnection | undefined {
		const run = this.#run;
		return run?.listening && !run.stopping ? connectionTo(run) : undefined;
	}

	/** Connects to the running process, or to one that is started for this. */
	connect(): Promise<Result<EngineConnection, HeadroomError>> {
		if (this.#disposed)
			return Promise.resolve(failure(createError("engineStopped", {})));
		if (this.#run?.listening && !this.#run.stopping)
			return Promise.resolve(success(connectionTo(this.#run)));
		if (this.#status.kind === "crashed" && this.#status.restartInMs === null)
			return Promise.resolve(failure(this.#status.error));
		return new Promise((resolve) => {
			this.#waiters.push(resolve);
			// A process that is shutting down is followed by a new one at its end; one that crashed, after its pause.
			if (!this.#run && !this.#restartTimer) this.#start();
		});
	}

	/**
	 * Loads a model, in the running process or in one that is started for this. Supersedes a load that is pending.
	 *
	 * @returns how it ended. A crash that leads to a restart, and a `restart`, are no end: the next process loads the same.
	 */
	load({
		options = this.#options.loadOptions,
		onProgress = () => {},
		afresh = false,
	}: LoadRequest = {}): Promise<LoadEnd> {
		this.#endLoad({ kind: "superseded" });
		if (this.#disposed) return Promise.resolve({ kind: "stopped" });
		return new Promise((settle) => {
			this.#pendingLoad = { options, onProgress, settle };
			// Another model may be just what a crashed engine needs.
			if (afresh || this.#status.kind === "crashed") void this.restart();
			else if (!this.#run) this.#start();
			else if (this.#run.greeted && !this.#run.stopping)
				void this.#load(this.#run);
		});
	}

	/** Starts a fresh process at once, and forgets past crashes. */
	async restart(): Promise<void> {
		this.#crashTimesMs = [];
		this.#crashedLoad = undefined;
		this.#avoided.clear();
		const request = ++this.#latestRequest;
		await this.#stopRun();
		// A `stop` in the meantime wins.
		if (request === this.#latestRequest && !this.#disposed && !this.#run)
			this.#start();
	}

	/** Stops the process until it is needed again. */
	async stop(): Promise<void> {
		this.#latestRequest++;
		this.#endLoad({ kind: "stopped" });
		this.#settleWaiters(failure(createError("engineStopped", {})));
		await this.#stopRun();
	}

	/** Applies changed options to a running engine. A pending load goes on with them. */
	apply(effect: "reloadModel" | "restartEngine"): void {
		if (this.#status.kind === "stopped") return;
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
		this.#endLoad({ kind: "stopped" });
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
			this.#crashed({
				why: messageOf(thrown),
				loggedErrors: [],
				isKilledByUs: false,
			});
			return;
		}
		const run: Run = {
			process,
			startTimer: setTimer(() => {
				log.error(`the engine did not answer within ${startTimeoutMs} ms`);
				process.kill();
			}, startTimeoutMs),
			heartbeat: undefined,
			silentMs: undefined,
			greeted: false,
			loads: 0,
			loadId: undefined,
			unanswered: [],
			listening: false,
			stopping: false,
			loggedErrors: [],
		};
		this.#run = run;
		process.onMessage((raw) => this.#receive(run, raw));
		process.onExit((exit) => this.#ended(run, exit));
	}

	#receive(run: Run, raw: unknown): void {
		const { log } = this.#options;
		run.heartbeat?.heard();
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
			if (message.level === "error")
				run.loggedErrors = [...run.loggedErrors.slice(-9), message.message];
			return;
		}
		// What was logged before says nothing of later work.
		if (endsWork.has(message.kind)) run.loggedErrors = [];
		// From a process that is ending: its end settles whatever waits for it.
		if (this.#run !== run || run.stopping) return;
		switch (message.kind) {
			case "hello": {
				log.info(`the engine runs as process ${message.pid}`);
				run.startTimer.dispose();
				run.greeted = true;
				run.heartbeat = this.#watch(run);
				void this.#load(run);
				return;
			}
			case "pong":
				return;
			case "report": {
				const { report } = message;
				if (report.kind === "ready") this.#crashedLoad = undefined;
				this.#setStatus(report);
				const isOfLatest =
					run.loadId !== undefined && run.unanswered[0] === run.loadId;
				if (report.kind === "loading" && isOfLatest)
					this.#pendingLoad?.onProgress(report.fraction);
				return;
			}
			case "loaded":
				this.#loadAnswered(run, message.requestId, {
					kind: "loaded",
					result: message.loaded,
				});
				return;
			case "failed":
				if (run.unanswered.includes(message.requestId))
					this.#loadAnswered(run, message.requestId, {
						kind: "failed",
						error: message.error,
					});
				else this.#onMessage.fire(message);
				return;
			default:
				this.#onMessage.fire(message);
		}
	}

	#loadAnswered(run: Run, requestId: string, end: LoadEnd): void {
		run.unanswered = run.unanswered.filter((it) => it !== requestId);
		// The answer to an earlier load says nothing of the one that is pending.
		if (requestId === run.loadId) this.#endLoad(end);
	}

	#endLoad(end: LoadEnd): void {
		const pending = this.#pendingLoad;
		this.#pendingLoad = undefined;
		pending?.settle(end);
	}

	/** Sends a load. From then on, the process takes requests. */
	async #load(run: Run): Promise<void> {
		const load = ++run.loads;
		run.loadId = undefined;
		const { loadOptions, log } = this.#options;
		let options: LoadOptions;
		try {
			options = {
				...(await (this.#pendingLoad?.options ?? loadOptions)()),
				...this.#avoided.option,
			};
		} catch (thrown) {
			log.error(`the options of the load are unknown: ${messageOf(thrown)}`);
			run.process.kill();
			return;
		}
		if (this.#run !== run || run.stopping || load !== run.loads) return;
		const connection = connectionTo(run);
		const requestId = `l${load}`;
		run.loadId = requestId;
		run.unanswered = [...run.unanswered, requestId];
		connection.send({ kind: "load", requestId, options });
		run.listening = true;
		this.#settleWaiters(success(connection));
	}

	#ended(run: Run, exit: ProcessExit): void {
		run.startTimer.dispose();
		run.heartbeat?.dispose();
		if (this.#run === run) this.#run = undefined;
		if (run.stopping) {
			this.#options.log.info("the engine has stopped");
			this.#setStatus({ kind: "stopped" });
			this.#onDidEnd.fire(createError("engineStopped", {}));
			const isNeeded = this.#waiters.length > 0 || this.#pendingLoad;
			if (isNeeded && !this.#disposed && !this.#run) this.#start();
			return;
		}
		const { silentMs, loggedErrors } = run;
		const isSilent = silentMs !== undefined;
		const why = isSilent ? `no answer for ${formatMs(silentMs)}` : exit.why;
		this.#crashed({ why, loggedErrors, isKilledByUs: isSilent });
	}

	/** Undefined where a silent process is waited for. */
	#watch(run: Run): Heartbeat | undefined {
		const { patience, log, setTimer } = this.#options;
		return (
			patience &&
			new Heartbeat({
				patience,
				ask: () => run.process.send({ kind: "ping" }),
				isLoading: () =>
					run.unanswered.length > 0 || isChatLoading(this.#status),
				onSilent: (silentMs) => {
					if (run.stopping) return;
					run.silentMs = silentMs;
					log.error(`the engine has not answered for ${formatMs(silentMs)}`);
					run.process.kill();
				},
				setTimer,
			})
		);
	}

	#crashed(end: ProcessEnd): void {
		const { why } = end;
		const { log, now, onLoadCrash } = this.#options;
		const nowMs = now();
		this.#crashTimesMs = [...this.#crashTimesMs.slice(-9), nowMs];
		const load = loadOf(this.#status);
		const crashedBefore = this.#crashedLoad;
		this.#crashedLoad = load;
		const decision = decideRestart(this.#crashTimesMs, nowMs);
		const { error, isOutOfMemory } = crashError(end, load);
		log.error(errorText(error));
		if (load && isOutOfMemory) {
			// No fault of the file, nor of this way to load it at another time.
			if (load.step !== undefined) this.#avoided.add(load.step);
		} else if (load) {
			const { file, step } = load;
			onLoadCrash({ file, step, why });
		}
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

	/** Requests fail with this error until a `restart` or `load`. */
	#giveUp(error: HeadroomError): void {
		const pending = this.#pendingLoad;
		this.#pendingLoad = undefined;
		this.#options.log.error(errorText(error));
		this.#setStatus({ kind: "crashed", error, restartInMs: null });
		pending?.settle({ kind: "crashed", error });
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

function crashError(
	end: ProcessEnd,
	load: Load | undefined,
): { readonly error: HeadroomError; readonly isOutOfMemory: boolean } {
	const { why, isKilledByUs } = end;
	if (!load) {
		const said = saidMemoryCause(end);
		const error = isKilledByUs
			? createError("engineSilent", {})
			: said === undefined
				? createError("engineCrashed", { why })
				: createError("engineOutOfMemory", { why: said });
		return { error, isOutOfMemory: said !== undefined };
	}
	const { file, needs = [{ kind: "unplanned" }] } = load;
	const memoryCause = loadMemoryCause(end);
	return memoryCause === undefined
		? {
				error: createError("modelCrashes", { file, why }),
				isOutOfMemory: false,
			}
		: {
				error: createError("modelOutOfMemory", {
					file,
					why: memoryCause,
					needs,
				}),
				isOutOfMemory: true,
			};
}

/** What the engine is loading in this state. */
function loadOf(status: EngineStatus): Load | undefined {
	switch (status.kind) {
		case "loading":
			return { file: status.file, step: status.step, needs: status.needs };
		case "warmingUp":
			return {
				file: status.model.file,
				step: status.step,
				needs: status.needs,
			};
		default: {
			const chat = ownChat(status);
			return chat?.state === "loading" || chat?.state === "warmingUp"
				? { file: chat.file, step: chat.step, needs: chat.needs }
				: undefined;
		}
	}
}

const endsWork: ReadonlySet<FromEngine["kind"]> = new Set([
	"loaded",
	"chatLoaded",
	"done",
	"failed",
]);

function isChatLoading(status: EngineStatus): boolean {
	const state = ownChat(status)?.state;
	return state === "loading" || state === "warmingUp";
}

/** One crash may be an accident. A second one at the same fallback step marks the file as bad. */
function isSame(one: Load, other: Load): boolean {
	return one.file === other.file && one.step === other.step;
}

function connectionTo(run: Run): EngineConnection {
	return { send: (message) => run.process.send(message) };
}
