/** What speaks for a drafted token, in classes: so few that each is met often, so many that they differ. */

import type { DraftSource } from "./draft.ts";

/** A class and what is taken for true of it before anything was seen. */
interface EvidenceClass {
	readonly from: number;
	readonly acceptance: number;
}

/**
 * By how many tokens before it are the same at the place that it was copied from. A token further on in a draft has the ones before it
 * in addition: it is only looked at when they were right. The acceptances are those of completions of this project's own sources by the
 * built-in model.
 */
const matchClasses: readonly EvidenceClass[] = [
	{ from: 0, acceptance: 0.3 },
	{ from: 4, acceptance: 0.45 },
	{ from: 5, acceptance: 0.55 },
	{ from: 7, acceptance: 0.65 },
	{ from: 10, acceptance: 0.75 },
	{ from: 14, acceptance: 0.82 },
	{ from: 20, acceptance: 0.88 },
	{ from: 32, acceptance: 0.93 },
	{ from: 48, acceptance: 0.95 },
	{ from: 96, acceptance: 0.97 },
];

/** By the probability that the draft model gives it. Models that were trained on the same text are about as right as they are sure. */
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
> = { lookup: matchClasses, model: probabilityClasses };

/** @param matchedTokens before the draft. */
export function matchEvidence(
	matchedTokens: number,
	draftedTokens: number,
): readonly number[] {
	return Array.from({ length: draftedTokens }, (_, index) =>
		classOf(matchClasses, matchedTokens + index),
	);
}

export function probabilityEvidence(probability: number): number {
	return classOf(probabilityClasses, probability);
}

function classOf(classes: readonly EvidenceClass[], value: number): number {
	return classes.findLastIndex(({ from }) => value >= from);
}
