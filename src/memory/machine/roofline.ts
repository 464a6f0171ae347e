/**
 * How fast a model decodes: every token reads all weights that take part in it and the cache before it, so the bandwidth of the memory
 * is the ceiling. What is lost below it is a share of the bandwidth, and a time for each layer.
 */

import type { Device } from "../../protocol/device.ts";
import { bandwidthOf } from "./devices.ts";

export interface Efficiency {
	/** Of the bandwidth, 0 to 1. */
	readonly bandwidthShare: number;
	/** Starting kernels and waiting for them. */
	readonly secondsPerLayer: number;
	/** With a mixture of experts there are more kernels, and they read in small pieces. */
	readonly secondsPerMoeLayer: number;
}

/** What one device does for one token. */
export interface DecodeStep {
	readonly bytesRead: number;
	readonly layers: number;
	readonly mixtureOfExperts: boolean;
	readonly bandwidthBytesPerSecond: number;
	readonly efficiency: Efficiency;
}

export interface DecodeSpeed {
	readonly tokensPerSecond: number;
	/** Bandwidth over bytes: what no software exceeds. */
	readonly ceilingTokensPerSecond: number;
}

/** Devices work one after the other: their times add up, never their bandwidths. */
export function predictDecode(steps: readonly DecodeStep[]): DecodeSpeed {
	let seconds = 0;
	let minSeconds = 0;
	for (const step of steps) {
		const { bandwidthShare, secondsPerLayer, secondsPerMoeLayer } =
			step.efficiency;
		const least = step.bytesRead / step.bandwidthBytesPerSecond;
		minSeconds += least;
		seconds +=
			least / Math.min(1, bandwidthShare) +
			step.layers *
				(step.mixtureOfExperts ? secondsPerMoeLayer : secondsPerLayer);
	}
	return {
		tokensPerSecond: 1 / seconds,
		ceilingTokensPerSecond: 1 / minSeconds,
	};
}

/**
 * CUDA: fitted to ten published measurements of 2025 and 2026, 5.6 % off on average and 12 % at most. The others are from fewer and
 * older ones, and rather too low: Metal .41 to .67 of the bandwidth, ROCm and Vulkan on a 7900 XTX .38 to .55, Vulkan on a 780M .69 to .85, CPUs .56 to .64.
 * Mixtures of experts: RTX 3090 (ExLlama), M1 Max, 7900 XTX.
 */
const efficiencies = {
	nvidia: efficiency(0.9, 45, 156),
	otherDiscrete: efficiency(0.5, 45, 416),
	unified: efficiency(0.6, 45, 176),
	integrated: efficiency(0.65, 45, 416),
	cpu: efficiency(0.6, 0, 0),
} as const;

function efficiency(
	bandwidthShare: number,
	microsecondsPerLayer: number,
	microsecondsPerMoeLayer: number,
): Efficiency {
	return {
		bandwidthShare,
		secondsPerLayer: microsecondsPerLayer / 1e6,
		secondsPerMoeLayer: microsecondsPerMoeLayer / 1e6,
	};
}

export function efficiencyOf(device: Device): Efficiency {
	const expected = expectedEfficiency(device);
	return device.efficiency === undefined
		? expected
		: { ...expected, bandwidthShare: device.efficiency };
}

function expectedEfficiency({ kind, name }: Device): Efficiency {
	if (kind !== "discrete") return efficiencies[kind];
	return /nvidia|geforce|quadro|tesla/i.test(name)
		? efficiencies.nvidia
		: efficiencies.otherDiscrete;
}

export interface MeasuredDecode {
	readonly bytesRead: number;
	readonly layers: number;
	readonly mixtureOfExperts: boolean;
	readonly tokensPerSecond: number;
}

/**
 * The device as it proved to be: what it did overrules what tables say, and later predictions for it start from there. Where it was
 * faster than its bandwidth allows, the bandwidth was wrong.
 */
export function withMeasurement(
	device: Device,
	{ bytesRead, layers, mixtureOfExperts, tokensPerSecond }: MeasuredDecode,
): Device {
	const { secondsPerLayer, secondsPerMoeLayer } = efficiencyOf(device);
	const seconds = 1 / tokensPerSecond;
	const overhead =
		layers * (mixtureOfExperts ? secondsPerMoeLayer : secondsPerLayer);
	const bandwidth = bandwidthOf(device).bytesPerSecond;
	if (bytesRead / seconds > bandwidth)
		return {
			...device,
			bandwidthBytesPerSecond: bytesRead / seconds,
			efficiency: 1,
		};
	const reading = seconds - overhead;
	return {
		...device,
		efficiency: reading > 0 ? Math.min(1, bytesRead / reading / bandwidth) : 1,
	};
}
