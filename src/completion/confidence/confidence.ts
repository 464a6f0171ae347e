/** Which part of a suggestion is shown unasked, by the setting, the model, and what the user has accepted so far. */

import type { Log } from "../../base/log.ts";
import {
	type AcceptanceRecord,
	type ConfidenceMode,
	withCounts,
} from "../../protocol/confidence.ts";
import {
	noOutcomes,
	type SuggestionOutcome,
	thresholdFor,
	withOutcome,
} from "./acceptance.ts";
import { calibratedThreshold, rightSharesOf } from "./calibration.ts";
import { type SuggestionGate, surePart } from "./gate.ts";
import type { Piece } from "./pieces.ts";

export interface ConfidenceOptions {
	readonly mode: () => ConfidenceMode;
	/** The name of the loaded model; undefined while there is none. */
	readonly model: () => string | undefined;
	/** What is remembered across windows, on this machine only. */
	readonly acceptance: {
		get(): AcceptanceRecord;
		set(record: AcceptanceRecord): void;
	};
	readonly log: Log;
}

/**
 * A suggestion that is accepted gains three times what one costs that is not (as in an example that Cursor published): from this chance on
 * it is worth showing.
 */
const worthShowing = 0.25;
const requiredShares = { balanced: worthShowing, fewer: 0.5 } as const;

export class Confidence implements SuggestionGate {
	readonly #options: ConfidenceOptions;

	constructor(options: ConfidenceOptions) {
		this.#options = options;
	}

	/** The joint probability down to which a suggestion is shown. */
	get threshold(): number {
		const mode = this.#options.mode();
		const model = this.#options.model();
		switch (mode) {
			case "more":
				return 0;
			case "automatic":
				return thresholdFor(
					rightSharesOf(model),
					this.#countsOf(model),
					worthShowing,
				);
			default:
				return calibratedThreshold(model, requiredShares[mode]);
		}
	}

	shownPart(pieces: readonly Piece[], typedChars: number): string {
		return surePart(pieces, typedChars, this.threshold);
	}

	/**
	 * Learns from a suggestion that was shown unasked, and was accepted, or rejected by another key or Escape. One that was typed through tells
	 * neither.
	 */
	record(outcome: SuggestionOutcome): void {
		const { acceptance, log } = this.#options;
		const model = this.#options.model();
		if (model === undefined) return;
		const counts = withOutcome(this.#countsOf(model), outcome);
		acceptance.set(withCounts(acceptance.get(), model, counts));
		const { probability, isAccepted } = outcome;
		log.debug(
			`a suggestion with probability ${probability.toFixed(2)} was ${isAccepted ? "accepted" : "rejected"}; ` +
				`suggestions are shown from ${this.threshold.toFixed(2)} on`,
		);
	}

	#countsOf(model: string | undefined) {
		const { models } = this.#options.acceptance.get();
		return models.find((it) => it.model === model)?.counts ?? noOutcomes;
	}
}
