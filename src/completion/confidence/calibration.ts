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

/**
 * For models that were not measured. From 0.7 on as published for models of 7 and 8 billion parameters; below, as often as the probability says,
 * which the built-in model keeps to.
 */
const general: readonly number[] = [
	0.03, 0.15, 0.25, 0.35, 0.45, 0.55, 0.6, 0.64, 0.76, 0.95,
];

const calibrations: readonly Calibration[] = [
	{
		model: "Headroom Built-in 7M",
		rightShares: [0.02, 0.19, 0.21, 0.32, 0.39, 0.67, 0.73, 0.85, 0.9, 0.92],
	},
	{
		model: "Qwen2.5 Coder 0.5B",
		rightShares: [0, 0.07, 0.45, 0.28, 0.37, 0.27, 0.55, 0.71, 0.94, 0.98],
	},
];

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
