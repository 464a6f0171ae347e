/** Which models can be target and draft of each other, judging by their shapes. Pure. */

import type { ModelShape } from "../shape/modelShape.ts";
import { readBytes } from "./modelCost.ts";

/**
 * Maximum share of the bytes that the target reads per token. Kernel launches per layer make a quarter of the bytes about two fifths
 * of the time: if verifying two tokens costs 1.2 times as much as one, such a draft only pays off at an acceptance rate of 70 %.
 * Actual cost and gain are measured after the load.
 */
const maxShare = 1 / 4;

/** The same for a draft without measurements: 0.5B for targets of 7B and up are the pairs that were seen to gain. */
const maxPlannedShare = 1 / 8;

/**
 * Minimum share of the target's parameters: 0.5B for 32B (1/66) is the smallest draft that was seen to gain. Smaller drafts are
 * rejected more often and save next to nothing.
 */
const minTestedShare = 1 / 70;

export function mayDraft(draft: ModelShape, target: ModelShape): boolean {
	return isPair(draft, target) && share(draft, target) <= maxShare;
}

/** Whether a draft is worth its memory in a plan, on a device that evaluates several tokens at the cost of one. */
export function isPlannedDraft(draft: ModelShape, target: ModelShape): boolean {
	return isPair(draft, target) && share(draft, target) <= maxPlannedShare;
}

/**
 * Compares two drafts of one target, better first. The smaller model wins, because its time is the cost of a draft; of the same model
 * in two quantizations the finer one, because kernel launches dominate and small models suffer most from few bits. Models below the
 * tested size come last, the largest of them first.
 */
export function compareDrafts(
	target: ModelShape,
): (a: ModelShape, b: ModelShape) => number {
	const isTested = ({ parameterCount }: ModelShape) =>
		parameterCount >= target.parameterCount * minTestedShare;
	return (a, b) => {
		if (isTested(a) !== isTested(b)) return isTested(a) ? -1 : 1;
		const smaller = a.parameterCount - b.parameterCount;
		const better = decodeBytes(b) - decodeBytes(a);
		return (isTested(a) ? smaller : -smaller) || better;
	};
}

/** Each token selects other experts, so verifying several tokens costs several times as much. */
function isPair(draft: ModelShape, target: ModelShape): boolean {
	return (
		target.experts === 0 && supportsRollback(target) && supportsRollback(draft)
	);
}

/**
 * Every step rolls back rejected tokens. Recurrent states and sliding windows can only return to a copy. If it is unknown which layers
 * slide, any may.
 */
export function supportsRollback({ layers, notes }: ModelShape): boolean {
	return (
		notes.length === 0 &&
		layers.every(
			({ attention, recurrentStateBytes }) =>
				attention.kind !== "slidingWindow" && recurrentStateBytes === 0,
		)
	);
}

function share(draft: ModelShape, target: ModelShape): number {
	return decodeBytes(draft) / decodeBytes(target);
}

function decodeBytes(shape: ModelShape): number {
	return readBytes(shape, 0, "f16");
}
