/** A plan: one model, with or without a draft, in one placement; its memory part by part, whether it fits, and its predicted speed. */

import type { Device } from "../../protocol/device.ts";
import type { MemoryPart } from "../../protocol/memoryReason.ts";
import {
	bandwidthOf,
	marginBytes,
	runtimeBytes,
	usableBytes,
} from "../machine/devices.ts";
import {
	type DecodeSpeed,
	efficiencyOf,
	predictDecode,
} from "../machine/roofline.ts";
import {
	allDevices,
	assignLayers,
	copiesWeights,
	type DeviceLayers,
	evaluates,
	memoriesOf,
	memoryOf,
	type Obstacle,
	obstaclesTo,
} from "./layerLayout.ts";
import { layerReadBytes } from "./modelCost.ts";
import {
	contextsOf,
	draftBytes,
	sumParts,
	targetParts,
	total,
} from "./modelParts.ts";
import type { Correction, PlanRequest } from "./planRequest.ts";

export interface PlannedDevice {
	readonly device: Device;
	readonly bytes: Readonly<Record<MemoryPart, number>>;
	/** Sum of all parts, including the margin. */
	readonly neededBytes: number;
	readonly freeBytes: number;
}

export interface Holder {
	readonly device: Device;
	readonly bytes: Readonly<
		Record<
			"weights" | "kvCache" | "computeBuffer" | "outputBuffer" | "draft",
			number
		>
	>;
}

export interface Plan {
	readonly request: PlanRequest;
	/** All memories involved. A GPU that shares the RAM counts with the RAM, and once more on its own if its driver sets a limit. */
	readonly devices: readonly PlannedDevice[];
	/** What each device holds, for comparison with the buffers that llama.cpp reports after the load. */
	readonly holders: readonly Holder[];
	readonly obstacles: readonly Obstacle[];
	readonly fits: boolean;
	/** Whether the GPUs evaluate everything, or there are no GPUs. */
	readonly isWhole: boolean;
	/** Whether the file is mapped rather than read. Not mapped if a CPU repacks weights, because memory would hold both copies. */
	readonly mapsFile: boolean;
	/** Without a draft, whose gain is measured and never predicted. */
	readonly atEmptyWindow: DecodeSpeed;
	readonly atFullWindow: DecodeSpeed;
}

export function planFor(request: PlanRequest): Plan {
	const { model, draft, placement } = request;
	const layout = assignLayers(model.shape, request);
	const draftLayout = draft ? assignLayers(draft.shape, { placement }) : [];
	const planned = (
		device: Device,
		members: readonly Device[],
		runtime: number,
	): PlannedDevice => {
		const own = sumParts(members.map((it) => targetParts(layout, it, request)));
		const drafted = members.reduce(
			(sum, it) => sum + draftBytes(draftLayout, it, request),
			0,
		);
		const bytes: Record<MemoryPart, number> = {
			...own,
			correction: members.reduce(
				(sum, it) => sum + correctionBytes(it, request),
				0,
			),
			draft: drafted,
			runtime,
			margin: marginBytes(device),
		};
		return {
			device,
			bytes,
			neededBytes: total(bytes),
			freeBytes: usableBytes(device),
		};
	};
	const devices = [
		...memoriesOf(placement).map((memory) => {
			const members = allDevices(placement).filter(
				(it) => memoryOf(it, placement) === memory,
			);
			const runtime = members.reduce((sum, it) => sum + runtimeBytes(it), 0);
			return planned(memory, members, runtime);
		}),
		// The runtime of the process counts in RAM, not against this limit.
		...placement.gpus.filter(hasOwnLimit).map((gpu) => planned(gpu, [gpu], 0)),
	];
	const [own, ...ofOthers] = contextsOf(request).map((it) =>
		obstaclesTo(layout, it),
	);
	// A head that stays on the CPU does so for all contexts.
	const obstacles = [
		...(own ?? []),
		...ofOthers.flat().filter(({ of }) => of === "kvCache"),
	];
	return {
		request,
		devices,
		holders: allDevices(placement).map((device) => ({
			device,
			bytes: {
				...targetParts(layout, device, request),
				draft: draftBytes(draftLayout, device, request),
			},
		})),
		obstacles,
		fits:
			devices.every((it) => it.neededBytes <= it.freeBytes) &&
			obstacles.every((it) => it.of === "head"),
		isWhole:
			obstacles.length === 0 &&
			(placement.gpus.length === 0 ||
				layout.every(
					(it) => placement.gpus.includes(it.device) || !evaluates(it),
				)),
		mapsFile: !layout.some((it) => copiesWeights(it, request)),
		atEmptyWindow: speed(layout, request, 0),
		atFullWindow: speed(layout, request, request.contextWindow),
	};
}

/**
 * Whether to load the plan. The margin counts at most as much as the load itself, because an estimation error is never larger than the
 * estimate.
 */
export function admits({ devices, obstacles }: Plan): boolean {
	return (
		obstacles.every((it) => it.of === "head") &&
		devices.every(({ bytes: { margin }, neededBytes, freeBytes }) => {
			const takenBytes = neededBytes - margin;
			return takenBytes + Math.min(margin, takenBytes) <= freeBytes;
		})
	);
}

/** The plan with as many layers on the GPUs as fit, for users who want a model that does not fit. Undefined if none fits. */
export function partialOffload(request: PlanRequest): Plan | undefined {
	const all = request.model.shape.layers.length;
	for (let offloadedLayers = all; offloadedLayers >= 0; offloadedLayers--) {
		const plan = planFor({ ...request, offloadedLayers });
		if (plan.fits) return plan;
	}
	return undefined;
}

/** Memory of the model itself over all devices: without runtime and margin. */
export function modelBytes(plan: Plan): number {
	const { gpu, host } = heldBytes(plan);
	const { correction } = plan.request;
	return gpu + host + (correction?.gpu ?? 0) + (correction?.host ?? 0);
}

/** The KV caches of the model alone: a snapshot does not hold the draft's. */
export function cacheBytes({ holders }: Plan): number {
	return holders.reduce((sum, { bytes }) => sum + bytes.kvCache, 0);
}

/** The same without the correction, by location. */
export function heldBytes({ request, holders }: Plan): Correction {
	const on = (isGpu: boolean) =>
		holders
			.filter(({ device }) => request.placement.gpus.includes(device) === isGpu)
			.reduce((sum, { bytes }) => sum + total(bytes), 0);
	return { gpu: on(true), host: on(false) };
}

/** Missing bytes, summed over the devices that are short of memory. */
export function missingBytes({ devices }: Plan): number {
	return devices.reduce(
		(sum, { neededBytes, freeBytes }) =>
			sum + Math.max(0, neededBytes - freeBytes),
		0,
	);
}

function correctionBytes(
	device: Device,
	{ correction, placement: { gpus } }: PlanRequest,
): number {
	if (!correction) return 0;
	return gpus.includes(device) ? correction.gpu / gpus.length : correction.host;
}

function hasOwnLimit({ kind, workingSetBytes }: Device): boolean {
	return kind === "integrated" && workingSetBytes !== undefined;
}

function speed(
	layout: readonly DeviceLayers[],
	{ model: { shape }, kvType }: PlanRequest,
	depthTokens: number,
): DecodeSpeed {
	return predictDecode(
		layout.map(({ device, layers, hasHead }) => ({
			bytesRead:
				layers.reduce(
					(sum, it) => sum + layerReadBytes(it, shape, depthTokens, kvType),
					0,
				) + (hasHead ? shape.head.bytes : 0),
			layers: layers.length,
			mixtureOfExperts: shape.experts > 0,
			bandwidthBytesPerSecond: bandwidthOf(device).bytesPerSecond,
			efficiency: efficiencyOf(device),
		})),
	);
}
