/** Which models may stand beside each other as target and draft, as far as their shapes tell. Pure. */

import type { ModelShape } from "../shape/modelShape.ts";
import { readBytes } from "./modelCost.ts";

/**
 * Of the bytes that the target reads for each token. With kernels to start in every layer, a quarter is some two fifths of the time: where two
 * tokens are verified at 1.2 times the cost of one, such a draft gains only if it is right seven times in ten. What it really costs and gains is
 * measured when it is loaded.
 */
const maxShare = 1 / 4;

/** The same, for a draft that nothing was measured of: 0.5B for 7B and up are the pairs that were seen to gain. */
const maxPlannedShare = 1 / 8;

/** Of the target's parameters: 0.5B for 32B, a sixty-sixth, is the least that was seen to gain. What is smaller yet is wrong more often, and saves next to nothing. */
const minTestedShare = 1 / 70;

export function mayDraft(draft: ModelShape, target: ModelShape): boolean {
	return isPair(draft, target) && share(draft, target) <= maxShare;
}

/** Worth its memory in a plan, on a device that evaluates several tokens at the cost of one. */
export function isPlannedDraft(draft: ModelShape, target: ModelShape): boolean {
	return isPair(draft, target) && share(draft, target) <= maxPlannedShare;
}

/**
 * For sorting: the better of two drafts of one target first. That is the smaller model, because its time is what a draft costs; of the same model
 * in two quantizations the better, because the time is in its kernels and small models suffer most from few bits. Those too small to
 * have been tested come last, the largest of them first.
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

/** Experts are chosen anew for each token: to verify several costs several times as much. */
function isPair(draft: ModelShape, target: ModelShape): boolean {
	return target.experts === 0 && canBeCutBack(target) && canBeCutBack(draft);
}

/**
 * Rejected tokens are taken back with every step. Recurrent states and sliding windows only come back to where they were copied; where it was
 * not known which layers slide, any may.
 */
export function canBeCutBack({ layers, notes }: ModelShape): boolean {
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
