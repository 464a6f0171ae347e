/** A fake process that answers loads, with a behavior for each file. */

import type {
	LoadOptions,
	ToEngine,
} from "../../../src/protocol/engineProtocol.ts";
import type { LoadResult } from "../../../src/protocol/engineStatus.ts";
import { createError } from "../../../src/protocol/errors.ts";
import type { Gate } from "../gate.ts";
import { FakeProcess } from "./fakeProcess.ts";
import { fakeDescription, fakeLoad } from "./fakeRuntime.ts";

/** `crash` ends the process during the load; a gate holds the load until it is opened. */
export type LoadBehavior = "load" | "fail" | "crash" | Gate;

export function loadResult(file: string): LoadResult {
	return {
		model: { ...fakeDescription, file, name: file },
		budget: { localTokens: 1, contextTokens: 0, typedTokens: 1 },
		load: fakeLoad,
	};
}

export function refused(file: string) {
	return createError("modelRefused", { file, why: "this is a test" });
}

/** Says hello to its first listener, loads one model after another, and exits on shutdown. */
export class LoadingProcess extends FakeProcess {
	readonly loads: LoadOptions[] = [];
	readonly #behaviorOf: (options: LoadOptions) => LoadBehavior;
	#work: Promise<void> = Promise.resolve();
	#hasEnded = false;

	constructor(behaviorOf: (options: LoadOptions) => LoadBehavior) {
		super();
		this.#behaviorOf = behaviorOf;
		this.onExit(() => {
			this.#hasEnded = true;
		});
	}

	override onMessage(listener: (message: unknown) => void): void {
		super.onMessage(listener);
		queueMicrotask(() => this.hello());
	}

	override send(message: unknown): void {
		super.send(message);
		const sent = message as ToEngine;
		if (sent.kind === "shutdown") queueMicrotask(() => this.exit("told to"));
		if (sent.kind !== "load") return;
		this.#work = this.#work.then(() =>
			this.#load(sent.requestId, sent.options),
		);
	}

	async #load(requestId: string, options: LoadOptions): Promise<void> {
		if (this.#hasEnded) return;
		const { file } = options;
		this.loads.push(options);
		const behavior = this.#behaviorOf(options);
		this.says({
			kind: "report",
			report: { kind: "loading", file, fraction: 0.5, step: "gpu" },
		});
		if (typeof behavior !== "string") await behavior.wait();
		if (this.#hasEnded) return;
		if (behavior === "crash") {
			this.exit("signal SIGABRT");
		} else if (behavior === "fail") {
			const error = refused(file);
			this.says({ kind: "report", report: { kind: "failed", error } });
			this.says({ kind: "failed", requestId, error });
		} else {
			const loaded = loadResult(file);
			this.says({ kind: "report", report: { kind: "ready", ...loaded } });
			this.says({ kind: "loaded", requestId, loaded });
		}
	}
}
