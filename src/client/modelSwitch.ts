/**
 * Puts another model in place of the one that is loaded, and that one back where it does not work out.
 *
 * Invariant: of all switches that overlap the last one counts, and what it puts back is what was there before the first.
 */

import { orAborted } from "../base/abort.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../protocol/errors.ts";
import type { ModelDescription } from "../protocol/model.ts";
import {
	type ModelSelection,
	selectedModel,
} from "../protocol/modelSelection.ts";
import { type LoadEnd, LoadWatch } from "./loadWatch.ts";
import type { Supervisor } from "./supervisor.ts";

export interface ModelSwitchOptions {
	readonly engine: Pick<
		Supervisor,
		"status" | "onDidChangeStatus" | "connect" | "restart"
	>;
	readonly current: () => ModelSelection;
	/** Keeps the selection, and has an engine that runs load it. Rejects where it cannot be kept. */
	readonly write: (selection: ModelSelection) => Promise<void>;
	/** The file that the engine will be told to load. */
	readonly fileOf: (selection: ModelSelection) => Promise<string>;
}

export interface SwitchRequest {
	readonly wanted: ModelSelection;
	/** Aborts when the user has had enough of waiting. */
	readonly signal: AbortSignal;
	/** 0 to 1, of the model that is being loaded. */
	readonly onProgress: (fraction: number) => void;
}

/** `restored` is the former model, where it is back in place. */
export type SwitchOutcome =
	| { readonly kind: "ready"; readonly model: ModelDescription }
	| {
			readonly kind: "failed";
			readonly error: HeadroomError;
			readonly restored: ModelDescription | undefined;
	  }
	| {
			readonly kind: "cancelled";
			readonly restored: ModelDescription | undefined;
	  }
	/** Another switch, or a change of the settings, came in between: there is nothing to say. */
	| { readonly kind: "superseded" }
	/** The engine was stopped; it loads the model when it is needed next. */
	| { readonly kind: "stopped" };

type Interruption =
	| { readonly kind: "superseded" }
	| { readonly kind: "cancelled" };

interface Run {
	readonly former: ModelSelection;
	readonly superseded: AbortController;
}

export class ModelSwitch {
	readonly #options: ModelSwitchOptions;
	#run: Run | undefined;

	constructor(options: ModelSwitchOptions) {
		this.#options = options;
	}

	/** Whoever switches is told by the outcome: nobody else needs to speak of a load that fails meanwhile. */
	get isRunning(): boolean {
		return this.#run !== undefined;
	}

	async switchTo(request: SwitchRequest): Promise<SwitchOutcome> {
		const former = this.#run?.former ?? this.#options.current();
		this.#run?.superseded.abort();
		const run: Run = { former, superseded: new AbortController() };
		this.#run = run;
		try {
			const end = await this.#load(run, request);
			return end.kind === "failed" || end.kind === "cancelled"
				? await this.#restore(run, request, end)
				: end;
		} finally {
			if (this.#run === run) this.#run = undefined;
		}
	}

	async #restore(
		run: Run,
		{ onProgress }: SwitchRequest,
		end: Extract<
			LoadEnd | Interruption,
			{ readonly kind: "failed" | "cancelled" }
		>,
	): Promise<SwitchOutcome> {
		const { former } = run;
		// What has failed would fail again; but the same selection may stand for another file by now.
		if (
			end.kind === "failed" &&
			(await this.#options.fileOf(former)) === end.file
		)
			return { ...end, restored: undefined };
		const back = await this.#load(
			run,
			{ wanted: former, signal: new AbortController().signal, onProgress },
			end.kind === "cancelled",
		);
		if (back.kind === "superseded") return back;
		return {
			...end,
			restored: back.kind === "ready" ? back.model : undefined,
		};
	}

	/** @param afresh in a process of its own: a load that is under way ends sooner with its process than by itself. */
	async #load(
		{ superseded }: Run,
		{ wanted, signal, onProgress }: SwitchRequest,
		afresh = false,
	): Promise<LoadEnd | Interruption> {
		const { engine, fileOf, write, current } = this.#options;
		const interrupt = AbortSignal.any([superseded.signal, signal]);
		const interrupted = (): Interruption =>
			superseded.signal.aborted
				? { kind: "superseded" }
				: { kind: "cancelled" };
		const file = await orAborted(fileOf(wanted), interrupt);
		if (file === undefined) return interrupted();
		const watch = new LoadWatch({
			engine,
			file,
			isWanted: () => selectedModel(current()) === selectedModel(wanted),
			onProgress,
		});
		try {
			await write(wanted);
			if (interrupt.aborted) return interrupted();
			if (afresh) void engine.restart();
			else if (engine.status.kind === "stopped") void engine.connect();
			watch.begin();
			return (await orAborted(watch.end, interrupt)) ?? interrupted();
		} catch (thrown) {
			const why = messageOf(thrown);
			return {
				kind: "failed",
				file,
				error: createError("selectionUnsaved", { why }),
			};
		} finally {
			watch.dispose();
		}
	}
}
