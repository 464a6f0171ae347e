/** What a load would take of the machine, before anything of it is in memory. */

import { assert } from "../base/assert.ts";
import { cpuPlacement, gpuPlacements } from "../memory/devices.ts";
import type { ModelShape } from "../memory/modelShape.ts";
import { type Plan, planFor } from "../memory/plan.ts";
import type { Device } from "../protocol/device.ts";
import type { ModelDescription } from "../protocol/model.ts";

/** By the context window of each sequence: all else of a load is settled. */
export type LoadPrice = (contextWindow: number) => Plan;

export interface PricedLoad {
	readonly description: ModelDescription;
	readonly shape: ModelShape;
	readonly devices: readonly Device[];
	readonly sequences: number;
	readonly batchTokens: number;
}

/** With all layers where llama.cpp puts them: spread over the GPUs that it was started with, or else on the CPU. */
export function priceOfLoad({
	description,
	shape,
	devices,
	sequences,
	batchTokens,
}: PricedLoad): LoadPrice {
	const placement = gpuPlacements(devices).at(-1) ?? cpuPlacement(devices);
	assert(placement, "a machine without GPUs has a CPU");
	const { name, quantization } = description;
	return (contextWindow) =>
		planFor({
			model: { name, quantization, shape },
			placement,
			contextWindow,
			sequences,
			batchTokens,
			kvType: "f16",
		});
}

/**
 * The margin is for errors of the estimate, and those are never larger than what is estimated: a model of some megabytes is not refused because
 * less than a gigabyte would be left beside it.
 */
export function mayLoad({ devices }: Plan): boolean {
	return devices.every(({ bytes: { margin }, neededBytes, freeBytes }) => {
		const takenBytes = neededBytes - margin;
		return takenBytes + Math.min(margin, takenBytes) <= freeBytes;
	});
}
