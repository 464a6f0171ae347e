/** Classes of evidence for drafted tokens: few enough to be observed often, and enough to differ. */

import type { DraftSource } from "./draft.ts";

interface EvidenceClass {
	/** The smallest value of the class. */
	readonly from: number;
	/** The prior acceptance rate. */
	readonly acceptance: number;
	/** The prior acceptance rate in edits, which rewrite a text with a change in it. Default: `acceptance`. */
	readonly acceptanceInEdit?: number;
}

/**
 * By the length of the match before a copied token, including the tokens of the draft before it: it only counts if those were accepted. The priors lie
 * between the acceptance rates for real source code and for the output of the built-in model, which repeats itself more. Those for edits come from files
 * with one changed line (docs/speculation-benchmark.md).
 */
const matchClasses: readonly EvidenceClass[] = [
	{ from: 0, acceptance: 0.45, acceptanceInEdit: 0.9 },
	{ from: 4, acceptance: 0.55, acceptanceInEdit: 0.9 },
	{ from: 5, acceptance: 0.62, acceptanceInEdit: 0.95 },
	{ from: 7, acceptance: 0.7, acceptanceInEdit: 0.96 },
	{ from: 10, acceptance: 0.75, acceptanceInEdit: 0.97 },
	{ from: 14, acceptance: 0.8, acceptanceInEdit: 0.98 },
	{ from: 20, acceptance: 0.85, acceptanceInEdit: 0.99 },
	{ from: 32, acceptance: 0.9, acceptanceInEdit: 0.99 },
	{ from: 48, acceptance: 0.95, acceptanceInEdit: 0.99 },
	{ from: 96, acceptance: 0.97, acceptanceInEdit: 0.99 },
];

/** For the first token of a resumed copy, by the length of the match since the change. */
const resumedClasses: readonly EvidenceClass[] = [
	{ from: 1, acceptance: 0.4, acceptanceInEdit: 0.6 },
	{ from: 2, acceptance: 0.45, acceptanceInEdit: 0.8 },
];

/** By the probability that the draft model assigns. For models trained on the same data it is close to the acceptance rate. */
const probabilityClasses: readonly EvidenceClass[] = [
	{ from: 0, acceptance: 0.15 },
	{ from: 0.2, acceptance: 0.3 },
	{ from: 0.4, acceptance: 0.5 },
	{ from: 0.6, acceptance: 0.7 },
	{ from: 0.8, acceptance: 0.85 },
	{ from: 0.9, acceptance: 0.92 },
	{ from: 0.97, acceptance: 0.96 },
	{ from: 0.99, acceptance: 0.98 },
];

export const evidenceClasses: Readonly<
	Record<DraftSource, readonly EvidenceClass[]>
> = { lookup: [...matchClasses, ...resumedClasses], model: probabilityClasses };

/** Precomputed: it is read many times per generated token. */
const matchClassOf: readonly number[] = Array.from(
	{ length: (matchClasses.at(-1)?.from ?? 0) + 1 },
	(_, matchedTokens) => classOf(matchClasses, matchedTokens),
);

/** @param matchedTokens the length of the match before the draft. */
export function matchEvidence(
	matchedTokens: number,
	draftedTokens: number,
): readonly number[] {
	const evidence: number[] = [];
	for (let index = 0; index < draftedTokens; index++) {
		const matched = Math.min(matchedTokens + index, matchClassOf.length - 1);
		evidence.push(matchClassOf[matched] ?? 0);
	}
	return evidence;
}

/** Once the first token is accepted, the copy before the change is the evidence for the others. */
export function resumedEvidence(
	matchedTokens: number,
	copiedTokens: number,
	draftedTokens: number,
): readonly number[] {
	const first = matchClasses.length + classOf(resumedClasses, matchedTokens);
	const others = matchEvidence(copiedTokens, draftedTokens);
	return [first, ...others.slice(1)];
}

export function probabilityEvidence(probability: number): number {
	return classOf(probabilityClasses, probability);
}

function classOf(classes: readonly EvidenceClass[], value: number): number {
	return classes.findLastIndex(({ from }) => value >= from);
}
