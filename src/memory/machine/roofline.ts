/**
 * Roofline model of decoding: each token reads all weights involved and the KV cache, so memory bandwidth sets the ceiling. Real speed
 * is a share of the bandwidth, minus a fixed time per layer.
 */

import type { Device } from "../../protocol/device.ts";
import { bandwidthOf } from "./devices.ts";

export interface Efficiency {
	/** Share of the bandwidth, 0 to 1. */
	readonly bandwidthShare: number;
	/** Kernel launches and synchronization. */
	readonly secondsPerLayer: number;
	/** A mixture of experts launches more kernels, which read in small pieces. */
	readonly secondsPerMoeLayer: number;
}

/** The work of one device for one token. */
export interface DecodeStep {
	readonly bytesRead: number;
	readonly layers: number;
	readonly mixtureOfExperts: boolean;
	readonly bandwidthBytesPerSecond: number;
	readonly efficiency: Efficiency;
}

export interface DecodeSpeed {
	readonly tokensPerSecond: number;
	/** Bandwidth divided by bytes read: an upper bound for any software. */
	readonly ceilingTokensPerSecond: number;
}

/** Devices run one after the other, so their times add up. */
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
 * CUDA: fitted to ten published measurements of 2025 and 2026, with a mean error of 5.6 % and at most 12 %. The others come from fewer
 * and older measurements, and are conservative: Metal reaches .41 to .67 of the bandwidth, ROCm and Vulkan on a 7900 XTX .38 to .55,
 * Vulkan on a 780M .69 to .85, CPUs .56 to .64. Mixtures of experts: RTX 3090 (ExLlama), M1 Max, 7900 XTX.
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
 * The device with a measured efficiency, which overrides the table for later predictions. A measurement above the bandwidth means that
 * the bandwidth was wrong, and corrects it.
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
