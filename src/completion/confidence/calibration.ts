/**
 * How often each model is right, by the joint probability that it gives: measured by `npm run bench -- infill`, as the share of beginnings
 * of lines that are right in each tenth of the joint probability.
 */

import { noOutcomes, thresholdFor } from "./acceptance.ts";

interface Calibration {
	/** The beginning of the model's name, without regard to case and punctuation. */
	readonly model: string;
	/** By tenths of the joint probability, the lowest first. */
	readonly rightShares: readonly number[];
}

/** The mean of the models that were measured. */
const general: readonly number[] = [
	0.15, 0.3, 0.4, 0.45, 0.55, 0.6, 0.65, 0.75, 0.85, 0.95,
];

const calibrations: readonly Calibration[] = [];

/** Of the calibration with the longest name that fits, or in general. */
export function rightSharesOf(model: string | undefined): readonly number[] {
	const name = plain(model ?? "");
	const [best] = calibrations
		.filter((it) => name.startsWith(plain(it.model)))
		.sort((a, b) => b.model.length - a.model.length);
	return best?.rightShares ?? general;
}

/** The joint probability at which a model is right as often as this. */
export function calibratedThreshold(
	model: string | undefined,
	requiredShare: number,
): number {
	return thresholdFor(rightSharesOf(model), noOutcomes, requiredShare);
}

function plain(name: string): string {
	return name.toLowerCase().replace(/[^a-z0-9.]/g, "");
}
