/** Reports what the engine is doing, once per change. */

import type { Result } from "../base/result.ts";
import type { EngineReport, OwnChat } from "../protocol/engineStatus.ts";
import type { HeadroomError } from "../protocol/errors.ts";
import type { ReadyModel } from "./load/readyModel.ts";

export interface StatusReporterOptions {
	readonly send: (report: EngineReport) => void;
	/** The model for completion. */
	readonly current: () => Result<ReadyModel, HeadroomError> | undefined;
	/** The chat's own model; undefined where that for completion chats. */
	readonly ownChat: () => OwnChat | undefined;
	/** Whether the model for completion does work that the user waits for. */
	readonly isGenerating: () => boolean;
}

export class StatusReporter {
	readonly #options: StatusReporterOptions;
	/** Of the model for completion. */
	#last: EngineReport | undefined;
	#sentChat: OwnChat | undefined;

	constructor(options: StatusReporterOptions) {
		this.#options = options;
	}

	/** @param report of the model for completion. */
	report(report: EngineReport): void {
		this.#last = report;
		const chat = this.#options.ownChat();
		this.#sentChat = chat;
		this.#options.send(chat ? { ...report, chat } : report);
	}

	/** Reports what differs from the last report: whether a model generates, and the state of the chat's own model. */
	update(): void {
		const last = this.#last;
		if (!last) return;
		const now = this.#now() ?? last;
		if (
			now.kind !== last.kind ||
			!isSame(this.#options.ownChat(), this.#sentChat)
		)
			this.report(now);
	}

	/** Reports again after the load report has changed. */
	refresh(): void {
		const now = this.#now() ?? this.#last;
		if (now) this.report(now);
	}

	/** Undefined while the model for completion is not loaded. */
	#now(): EngineReport | undefined {
		const current = this.#options.current();
		if (!current?.ok) return undefined;
		const kind = this.#options.isGenerating() ? "generating" : "ready";
		const { model, budget, report: load } = current.value;
		return { kind, model: model.description, budget, load };
	}
}

function isSame(one: OwnChat | undefined, other: OwnChat | undefined): boolean {
	if (one?.state !== other?.state || one?.file !== other?.file) return false;
	return (
		one?.state !== "loading" ||
		other?.state !== "loading" ||
		one.fraction === other.fraction
	);
}
