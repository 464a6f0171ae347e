/** Acceptance rates of drafted tokens, by their evidence. Pure. */

import type { WorkKind } from "../../protocol/generation.ts";
import type { Draft, DraftSource } from "./draft.ts";
import { evidenceClasses } from "./evidence.ts";

/** The weight of the prior, in tokens. */
const priorTokens = 4;
/** The weight of a token decays by this factor with each token after it, so that a few lines are enough to relearn. */
const decay = 0.98;

interface Counts {
	readonly seen: number;
	readonly accepted: number;
}

const none: Counts = { seen: 0, accepted: 0 };

/** One per source and kind of work. */
export class Acceptance {
	readonly #classes: (typeof evidenceClasses)[DraftSource];
	readonly #isEdit: boolean;
	readonly #counts: Counts[] = [];

	constructor(source: DraftSource, kind: WorkKind = "block") {
		this.#classes = evidenceClasses[source];
		this.#isEdit = kind === "edit";
	}

	/** The probability that a token with this evidence is accepted, given that those before it are: strictly between 0 and 1. */
	probability(evidence: number): number {
		const { seen, accepted } = this.#counts[evidence] ?? none;
		return (
			(accepted + this.#prior(evidence) * priorTokens) / (seen + priorTokens)
		);
	}

	/**
	 * @param acceptedTokens the length of the accepted part of the draft.
	 * @param isRefuted whether the next token was rejected; otherwise it is unknown.
	 */
	learn(
		{ evidence }: Pick<Draft, "evidence">,
		acceptedTokens: number,
		isRefuted: boolean,
	): void {
		for (const it of evidence.slice(0, acceptedTokens)) this.#count(it, 1);
		const refuted = evidence[acceptedTokens];
		if (isRefuted && refuted !== undefined) this.#count(refuted, 0);
	}

	#prior(evidence: number): number {
		const known = this.#classes[evidence];
		const inEdit = this.#isEdit ? known?.acceptanceInEdit : undefined;
		return inEdit ?? known?.acceptance ?? 0;
	}

	#count(evidence: number, accepted: 0 | 1): void {
		this.#counts[evidence] = counted(this.#counts[evidence] ?? none, accepted);
	}
}

function counted({ seen, accepted }: Counts, isAccepted: 0 | 1): Counts {
	return { seen: seen * decay + 1, accepted: accepted * decay + isAccepted };
}
