/** Why a plan is refused, and what would fit instead, as figures. Pure. */

import type { Device } from "../../protocol/device.ts";
import { type MemoryReason, memoryParts } from "../../protocol/memoryReason.ts";
import type { Plan, PlannedDevice } from "../plan/plan.ts";

export function deviceNeeds({
	device,
	bytes,
	neededBytes,
	freeBytes,
}: PlannedDevice): Extract<MemoryReason, { kind: "needs" }> {
	return {
		kind: "needs",
		device: device.name,
		neededBytes,
		freeBytes,
		parts: memoryParts.map((part) => ({ part, bytes: bytes[part] })),
	};
}

/** What a plan needs of each device, and what was free. */
export function needsOf(plan: Plan | undefined): readonly MemoryReason[] {
	return plan ? plan.devices.map(deviceNeeds) : [{ kind: "unplanned" }];
}

/** The arithmetic of a refused plan, and the alternative with its speed. */
export function refusalReasons(
	plan: Plan,
	instead: Plan | undefined,
): readonly MemoryReason[] {
	return [
		...shortfallReasons(plan),
		...(instead ? [alternative(instead)] : []),
	];
}

/** One for each device that has too little memory or does not accept a tensor. */
function shortfallReasons(plan: Plan): readonly MemoryReason[] {
	return [...tooSmall(plan).map(deviceNeeds), ...oversizedTensors(plan)];
}

export function tooSmall({ devices }: Plan): readonly PlannedDevice[] {
	return devices.filter(
		({ neededBytes, freeBytes }) => neededBytes > freeBytes,
	);
}

/** Only the largest tensor of each device. */
export function oversizedTensors({ obstacles }: Plan): readonly MemoryReason[] {
	const largest = new Map<Device, number>();
	for (const { device, tensorBytes } of obstacles)
		largest.set(device, Math.max(largest.get(device) ?? 0, tensorBytes));
	return [...largest].map(([device, tensorBytes]) => ({
		kind: "tensorTooLarge",
		device: device.name,
		limitBytes: device.largestTensorBytes ?? 0,
		tensorBytes,
	}));
}

function alternative({ request, atFullWindow }: Plan): MemoryReason {
	const { placement, offloadedLayers, model } = request;
	const { tokensPerSecond } = atFullWindow;
	const layers = model.shape.layers.length + 1;
	return placement.gpus.length === 0
		? { kind: "fitsOnCpu", tokensPerSecond }
		: {
				kind: "fitsInPart",
				offloadedLayers: offloadedLayers ?? layers,
				layers,
				tokensPerSecond,
			};
}
