/** What speaks for a drafted token, in classes: so few that each is met often, so many that they differ. */

import type { DraftSource } from "./draft.ts";

/** A class and what is taken for true of it before anything was seen. */
interface EvidenceClass {
	readonly from: number;
	readonly acceptance: number;
	/** Where a text is written once more with a change in it; as anywhere else where it is not said. */
	readonly acceptanceInEdit?: number;
}

/**
 * By how many tokens before it are the same at the place that it was copied from. A token further on in a draft has the ones before it
 * in addition: it is only looked at when they were right. The acceptances lie between those against real sources and those against what the built-in
 * model says, which repeats itself more; in edits, they are those of files with one line changed (docs/speculation-benchmark.md).
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

/** The first token of a copy that goes on after a change, by how many tokens are the same again: one or more. */
const resumedClasses: readonly EvidenceClass[] = [
	{ from: 1, acceptance: 0.4, acceptanceInEdit: 0.6 },
	{ from: 2, acceptance: 0.45, acceptanceInEdit: 0.8 },
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
> = { lookup: [...matchClasses, ...resumedClasses], model: probabilityClasses };

/** Looked up many times for each token that is said. */
const matchClassOf: readonly number[] = Array.from(
	{ length: (matchClasses.at(-1)?.from ?? 0) + 1 },
	(_, matchedTokens) => classOf(matchClasses, matchedTokens),
);

/** @param matchedTokens before the draft. */
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

/** Once the first token was right, what was copied before the change speaks for the others. */
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
