/** Reports what the engine is doing, once per change. */

import type { Result } from "../base/result.ts";
import type { EngineReport } from "../protocol/engineStatus.ts";
import type { HeadroomError } from "../protocol/errors.ts";
import type { ReadyModel } from "./load/readyModel.ts";

export interface StatusReporterOptions {
	readonly send: (report: EngineReport) => void;
	readonly current: () => Result<ReadyModel, HeadroomError> | undefined;
	/** Whether work is in progress that the user waits for. */
	readonly isGenerating: () => boolean;
}

export class StatusReporter {
	readonly #options: StatusReporterOptions;
	#last: EngineReport["kind"] | undefined;

	constructor(options: StatusReporterOptions) {
		this.#options = options;
	}

	report(report: EngineReport): void {
		this.#last = report.kind;
		this.#options.send(report);
	}

	/** Reports `ready` or `generating` if that differs from the last report. */
	update(): void {
		const current = this.#options.current();
		if (!current?.ok) return;
		const kind = this.#options.isGenerating() ? "generating" : "ready";
		if (kind === this.#last) return;
		const { model, budget, report: load } = current.value;
		this.report({ kind, model: model.description, budget, load });
	}

	/** Reports again after the load report has changed. */
	refresh(): void {
		this.#last = undefined;
		this.update();
	}
}
