/** Which part of a suggestion is shown unasked, by the setting, the model, and what the user has accepted so far. */

import type { Log } from "../../base/log.ts";
import {
	type AcceptanceRecord,
	type ConfidenceMode,
	withCounts,
} from "../../protocol/completion/confidence.ts";
import {
	noOutcomes,
	type SuggestionOutcome,
	thresholdFor,
	withOutcome,
} from "./acceptance.ts";
import { calibratedThreshold, rightSharesOf } from "./calibration.ts";
import { gateAt, jointProbability } from "./gate.ts";
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

/** What the editor got to show. */
export interface ShownPart {
	/** Of the request that produced it. */
	readonly requestId: string;
	/** The whole suggestion. */
	readonly pieces: readonly Piece[];
	/** How many of its characters come before the text. */
	readonly typedChars: number;
	readonly text: string;
}

/**
 * A suggestion that is accepted gains three times what one costs that is not (as in an example that Cursor published): from this chance on
 * it is worth showing.
 */
const worthShowing = 0.25;
const requiredShares = { balanced: worthShowing, fewer: 0.5 } as const;

export class Confidence {
	readonly gate = gateAt(() => this.threshold);
	readonly #options: ConfidenceOptions;
	/** What may be on screen, unasked. */
	#shown:
		| { readonly requestId: string; readonly probability: number }
		| undefined;

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

	/** Reports what the editor got to show; undefined for what the user asked for, from which nothing is learned. */
	shown(part: ShownPart | undefined): void {
		const last = this.#shown;
		if (!part) {
			this.#shown = undefined;
			return;
		}
		const { requestId, pieces, typedChars, text } = part;
		const probability = jointProbability(
			pieces,
			typedChars,
			typedChars + text.length,
		);
		// What is typed meanwhile makes the rest surer than the suggestion was when the user first read it.
		const isMore = last?.requestId === requestId;
		this.#shown = {
			requestId,
			probability: isMore
				? Math.min(last.probability, probability)
				: probability,
		};
	}

	/** Reports that the user accepted what was shown. */
	accepted(): void {
		this.#end(true);
	}

	/** Reports that the user dismissed it, or typed something else over it. */
	rejected(): void {
		this.#end(false);
	}

	#end(isAccepted: boolean): void {
		const shown = this.#shown;
		this.#shown = undefined;
		if (shown) this.record({ probability: shown.probability, isAccepted });
	}

	/**
	 * Learns from a suggestion that was shown unasked and then accepted or rejected. One that was typed through is neither: it was right, but
	 * of no use.
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
