/**
 * Switches the model: loads its file, then keeps the selection, or rolls back to the previous model.
 *
 * Invariant: of switches that overlap the last one wins, and it rolls back to the model from before the first.
 */

import { orAborted } from "../base/abort.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../protocol/errors.ts";
import type { ModelDescription } from "../protocol/model.ts";
import type { ModelSelection } from "../protocol/modelSelection.ts";
import type { LoadEnd, LoadRequest } from "./supervisor.ts";

export interface ModelSwitchOptions {
	readonly selection: () => ModelSelection;
	/** Loads nothing. Rejects where the selection cannot be written. */
	readonly keep: (selection: ModelSelection) => Promise<void>;
	/** The file to load for a selection. */
	readonly fileOf: (selection: ModelSelection) => Promise<string>;
	readonly load: (
		file: string,
		request: Pick<LoadRequest, "onProgress" | "afresh">,
	) => Promise<LoadEnd>;
	/** Undefined while none is loaded. */
	readonly loadedModel: () => ModelDescription | undefined;
}

export interface SwitchRequest {
	readonly wanted: ModelSelection;
	/** Cancels the switch, which then rolls back. */
	readonly signal: AbortSignal;
	/** 0 to 1, of the load under way. */
	readonly onProgress: (fraction: number) => void;
}

/** `rolledBackTo` is the previous model; undefined where it could not be loaded again. */
export type SwitchOutcome =
	| { readonly kind: "ready"; readonly model: ModelDescription }
	| {
			readonly kind: "failed";
			readonly error: HeadroomError;
			readonly rolledBackTo: ModelDescription | undefined;
	  }
	| {
			readonly kind: "cancelled";
			readonly rolledBackTo: ModelDescription | undefined;
	  }
	/** By another switch or a change of the settings, so there is nothing to report. */
	| { readonly kind: "superseded" }
	/** The engine was stopped; it loads the selected model when it is needed next. */
	| { readonly kind: "stopped" };

interface Run {
	readonly previous: ModelSelection;
	readonly superseded: AbortController;
	/** The previous model is not loaded any more. */
	hasUnloaded: boolean;
}

export class ModelSwitch {
	readonly #options: ModelSwitchOptions;
	#run: Run | undefined;

	constructor(options: ModelSwitchOptions) {
		this.#options = options;
	}

	/** While true, the outcome of the switch reports a load that fails. */
	get isRunning(): boolean {
		return this.#run !== undefined;
	}

	async switchTo(request: SwitchRequest): Promise<SwitchOutcome> {
		const earlier = this.#run;
		earlier?.superseded.abort();
		const run: Run = {
			previous: earlier?.previous ?? this.#options.selection(),
			superseded: new AbortController(),
			hasUnloaded: earlier?.hasUnloaded ?? false,
		};
		this.#run = run;
		try {
			return await this.#switch(run, request);
		} finally {
			if (this.#run === run) this.#run = undefined;
		}
	}

	async #switch(run: Run, request: SwitchRequest): Promise<SwitchOutcome> {
		const { fileOf, load } = this.#options;
		const { wanted, signal, onProgress } = request;
		const superseded = run.superseded.signal;
		const interrupt = AbortSignal.any([superseded, signal]);
		const file = await orAborted(fileOf(wanted), interrupt);
		if (superseded.aborted) return { kind: "superseded" };
		if (file === undefined || signal.aborted) return this.#cancel(run, request);
		run.hasUnloaded = true;
		const end = await orAborted(load(file, { onProgress }), interrupt);
		if (superseded.aborted) return { kind: "superseded" };
		if (!end) return this.#cancel(run, request);
		switch (end.kind) {
			case "superseded":
				return end;
			case "stopped": {
				const unsaved = await this.#keep(wanted);
				return unsaved
					? { kind: "failed", error: unsaved, rolledBackTo: undefined }
					: end;
			}
			case "loaded": {
				const unsaved = await this.#keep(wanted);
				if (superseded.aborted) return { kind: "superseded" };
				return unsaved
					? this.#fail(unsaved, undefined, run, request)
					: { kind: "ready", model: end.result.model };
			}
			default:
				return this.#fail(end.error, file, run, request);
		}
	}

	async #cancel(run: Run, request: SwitchRequest): Promise<SwitchOutcome> {
		const { loadedModel } = this.#options;
		if (!run.hasUnloaded)
			return { kind: "cancelled", rolledBackTo: loadedModel() };
		const back = await this.#rollBack(run, request, { afresh: true });
		return back?.kind === "superseded"
			? back
			: { kind: "cancelled", rolledBackTo: modelOf(back) };
	}

	/** @param failedFile undefined where the file itself is good. */
	async #fail(
		error: HeadroomError,
		failedFile: string | undefined,
		run: Run,
		request: SwitchRequest,
	): Promise<SwitchOutcome> {
		const back = await this.#rollBack(run, request, { failedFile });
		return back?.kind === "superseded"
			? back
			: { kind: "failed", error, rolledBackTo: modelOf(back) };
	}

	/** @returns undefined where no load was tried. */
	async #rollBack(
		{ previous, superseded: { signal } }: Run,
		{ onProgress }: SwitchRequest,
		{
			afresh = false,
			failedFile,
		}: { readonly afresh?: boolean; readonly failedFile?: string | undefined },
	): Promise<LoadEnd | undefined> {
		const { selection, fileOf, load } = this.#options;
		const superseded = { kind: "superseded" } as const;
		const file = await orAborted(fileOf(previous), signal);
		if (file === undefined || signal.aborted) return superseded;
		// An overlapping switch may have been kept. Where that cannot be undone, the selection stays and the model is still loaded.
		if (!isSame(selection(), previous)) await this.#keep(previous);
		// The file that failed would fail again. An automatic selection may stand for another file by now.
		if (file === failedFile) return undefined;
		return (
			(await orAborted(load(file, { onProgress, afresh }), signal)) ??
			superseded
		);
	}

	/** @returns why the selection could not be written. */
	async #keep(selection: ModelSelection): Promise<HeadroomError | undefined> {
		try {
			await this.#options.keep(selection);
			return undefined;
		} catch (thrown) {
			return createError("selectionUnsaved", { why: messageOf(thrown) });
		}
	}
}

function modelOf(end: LoadEnd | undefined): ModelDescription | undefined {
	return end?.kind === "loaded" ? end.result.model : undefined;
}

function isSame(one: ModelSelection, other: ModelSelection): boolean {
	return one.setting === other.setting && one.pin === other.pin;
}
