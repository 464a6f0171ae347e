/**
 * Learns how likely the user is to accept a suggestion, by its joint probability.
 *
 * The chance of acceptance in each range of probabilities has a Beta prior. Its mean is how often the model is right there, times one factor
 * for the user: accepted suggestions over right ones. So a few outcomes tell something about all ranges, and many tell about each. Each
 * outcome makes all earlier ones count a little less: a range that is no longer shown is forgotten, and is tried again.
 */

import {
	type AcceptanceCounts,
	probabilityRanges,
} from "../../protocol/completion/confidence.ts";

export interface SuggestionOutcome {
	/** The joint probability of what was shown. */
	readonly probability: number;
	readonly isAccepted: boolean;
}

/** How many outcomes in a range weigh as much as the prior, and how many right suggestions as much as a factor of 1. */
const priorOutcomes = 10;
/** So about the last 200 outcomes count. */
const remembered = 0.995;
/** The user who rejects everything still sees what is almost certain, or else could never accept again. */
const maxThreshold = 0.9;

export const noOutcomes: AcceptanceCounts = Array.from(
	{ length: probabilityRanges },
	() => ({ shown: 0, accepted: 0 }),
);

export function withOutcome(
	counts: AcceptanceCounts,
	{ probability, isAccepted }: SuggestionOutcome,
): AcceptanceCounts {
	const at = Math.min(
		Math.floor(probability * probabilityRanges),
		probabilityRanges - 1,
	);
	return counts.map(({ shown, accepted }, index) => ({
		shown: shown * remembered + (index === at ? 1 : 0),
		accepted: accepted * remembered + (index === at && isAccepted ? 1 : 0),
	}));
}

/**
 * The lowest joint probability at which a suggestion is accepted often enough, between the middles of two ranges by linear interpolation.
 *
 * @param rightShares how often the model is right, by range.
 */
export function thresholdFor(
	rightShares: readonly number[],
	counts: AcceptanceCounts,
	requiredChance: number,
): number {
	const right = counts.map(
		({ shown }, index) => shown * (rightShares[index] ?? 0),
	);
	const factor =
		(sum(counts.map(({ accepted }) => accepted)) + priorOutcomes) /
		(sum(right) + priorOutcomes);
	const chances = rising(
		counts.map(({ shown, accepted }, index) => {
			const expected = Math.min(1, factor * (rightShares[index] ?? 0));
			const weight = shown + priorOutcomes;
			return { mean: (accepted + priorOutcomes * expected) / weight, weight };
		}),
	);
	const at = chances.findIndex((chance) => chance >= requiredChance);
	if (at === 0) return 0;
	const above = chances[at];
	const below = chances[at - 1];
	if (at < 0 || above === undefined || below === undefined) return maxThreshold;
	const share = (requiredChance - below) / (above - below);
	return Math.min((at - 0.5 + share) / probabilityRanges, maxThreshold);
}

function sum(values: readonly number[]): number {
	return values.reduce((total, it) => total + it, 0);
}

interface Pool {
	readonly mean: number;
	readonly weight: number;
	readonly ranges: number;
}

/** The nearest chances that never fall as the probability rises (pool adjacent violators, Ayer et al. 1955). */
function rising(
	chances: readonly { readonly mean: number; readonly weight: number }[],
): readonly number[] {
	const pools: Pool[] = [];
	for (const { mean, weight } of chances) {
		let last: Pool = { mean, weight, ranges: 1 };
		for (
			let before = pools.at(-1);
			before && before.mean >= last.mean;
			before = pools.at(-1)
		) {
			pools.pop();
			const both = before.weight + last.weight;
			last = {
				mean: (before.mean * before.weight + last.mean * last.weight) / both,
				weight: both,
				ranges: before.ranges + last.ranges,
			};
		}
		pools.push(last);
	}
	return pools.flatMap(({ mean, ranges }) => Array<number>(ranges).fill(mean));
}
