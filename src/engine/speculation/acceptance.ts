/** How often drafted tokens were right, by what spoke for them. Pure. */

import type { WorkKind } from "../../protocol/generation.ts";
import type { Draft, DraftSource } from "./draft.ts";
import { evidenceClasses } from "./evidence.ts";

/** What is taken for true beforehand counts as much as so many tokens. */
const priorTokens = 4;
/** A token seen counts a fiftieth less with each that follows: an answer of some lines is enough to learn anew. */
const decay = 0.98;

interface Counts {
	readonly seen: number;
	readonly right: number;
}

const none: Counts = { seen: 0, right: 0 };

/** Of one source and one kind of work. */
export class Acceptance {
	readonly #classes: (typeof evidenceClasses)[DraftSource];
	readonly #isEdit: boolean;
	readonly #counts: Counts[] = [];

	constructor(source: DraftSource, kind: WorkKind = "block") {
		this.#classes = evidenceClasses[source];
		this.#isEdit = kind === "edit";
	}

	/** That a token with this evidence is right, if those before it are: 0 to 1, neither of them ever. */
	probability(evidence: number): number {
		const { seen, right } = this.#counts[evidence] ?? none;
		return (right + this.#prior(evidence) * priorTokens) / (seen + priorTokens);
	}

	/**
	 * @param acceptedTokens of the draft, from its start.
	 * @param isRefuted whether the token after these was wrong; otherwise nobody knows.
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

	#count(evidence: number, right: 0 | 1): void {
		this.#counts[evidence] = counted(this.#counts[evidence] ?? none, right);
	}
}

function counted({ seen, right }: Counts, isRight: 0 | 1): Counts {
	return { seen: seen * decay + 1, right: right * decay + isRight };
}
