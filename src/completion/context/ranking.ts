/** Ranks the candidates for snippets by BM25. */

import type { CandidateKind, SnippetCandidate } from "./contextStore.ts";
import { areNearDuplicates, significantLines } from "./lineOverlap.ts";
import { type LocalWindow, queryOf } from "./localWindow.ts";

export interface RankedCandidate extends SnippetCandidate {
	readonly score: number;
}

/**
 * The parameters of BM25, in the ranges that Robertson and Zaragoza recommend ("The Probabilistic Relevance Framework: BM25 and Beyond",
 * 2009): the saturation of term frequency (k1, 1.2 to 2) and the normalization by length (b, 0.5 to 0.8).
 */
const k1 = 1.2;
const b = 0.75;

/**
 * The definition of a name that is used or imported here tells how to use it, and wins over code that only shares words. The others are
 * small, so that they decide only between candidates of about the same BM25 score. At 201 places that need a name of another file, the
 * prompt of 1,024 tokens holds its definition at 84 with 3 and at 57 with 1.3.
 */
const kindBoost: Readonly<Record<CandidateKind, number>> = {
	definition: 3,
	edited: 1.2,
	visited: 1.1,
	open: 1,
};
/** The bonus of the latest candidate; it halves with every eight later ones. */
const recencyBoost = 0.2;
const recencyHalfLife = 8;

/** More than fits into any budget. */
const maxRanked = 32;

/**
 * The candidates that share identifiers with the text around the cursor, the best first, without near-duplicates of that text or of a better
 * candidate. Deterministic, and independent of the order of the candidates.
 */
export function rankCandidates(
	candidates: readonly SnippetCandidate[],
	local: LocalWindow,
): RankedCandidate[] {
	const elsewhere = candidates.filter((it) => it.path !== local.path);
	const ranked = scored(elsewhere, queryOf(local)).sort(bestFirst);
	const shown = [significantLines(`${local.before}${local.after}`)];
	const chosen: RankedCandidate[] = [];
	for (const candidate of ranked) {
		if (chosen.length === maxRanked) break;
		const lines = significantLines(candidate.text);
		if (shown.some((it) => areNearDuplicates(it, lines))) continue;
		shown.push(lines);
		chosen.push(candidate);
	}
	return chosen;
}

function scored(
	candidates: readonly SnippetCandidate[],
	query: ReadonlyMap<string, number>,
): RankedCandidate[] {
	const lengths = candidates.map(({ words }) => sum(words.values()));
	const meanLength = sum(lengths) / candidates.length;
	const idfs = new Map<string, number>();
	for (const word of query.keys()) {
		const holders = candidates.filter(({ words }) => words.has(word)).length;
		idfs.set(
			word,
			Math.log(1 + (candidates.length - holders + 0.5) / (holders + 0.5)),
		);
	}
	const sequences = [...new Set(candidates.map((it) => it.sequence))].sort(
		(first, second) => second - first,
	);
	const ageOf = new Map(sequences.map((sequence, age) => [sequence, age]));

	return candidates.flatMap((candidate, index) => {
		const relativeLength = (lengths[index] ?? 0) / meanLength;
		let bm25 = 0;
		for (const [word, weight] of query) {
			const count = candidate.words.get(word);
			if (count === undefined) continue;
			bm25 +=
				(weight * (idfs.get(word) ?? 0) * count * (k1 + 1)) /
				(count + k1 * (1 - b + b * relativeLength));
		}
		if (bm25 === 0) return [];
		const age = ageOf.get(candidate.sequence) ?? 0;
		const recency = 1 + recencyBoost * 2 ** (-age / recencyHalfLife);
		return [
			{ ...candidate, score: bm25 * kindBoost[candidate.kind] * recency },
		];
	});
}

/** Equal scores are ordered by path and line, to be deterministic. */
function bestFirst(first: RankedCandidate, second: RankedCandidate): number {
	if (first.score !== second.score) return second.score - first.score;
	if (first.path !== second.path) return first.path < second.path ? -1 : 1;
	return first.startLine - second.startLine;
}

function sum(values: Iterable<number>): number {
	let total = 0;
	for (const value of values) total += value;
	return total;
}
