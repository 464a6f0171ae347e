/** A plan: one model, with or without a draft, in one place; what it takes there part by part, whether that fits, and how fast it would be. */

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
	copiesWeights,
	type DeviceLayers,
	evaluates,
	layOut,
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
	/** All parts together, the margin included. */
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
	/**
	 * Every memory that is taken from: a GPU that shares the RAM is counted with it, and once more by itself where its driver has a limit of
	 * its own.
	 */
	readonly devices: readonly PlannedDevice[];
	/** What each device itself holds: what llama.cpp is to tell of its buffers after the load. */
	readonly holders: readonly Holder[];
	readonly obstacles: readonly Obstacle[];
	readonly fits: boolean;
	/** Whether the GPUs evaluate all of it, or there are none. */
	readonly isWhole: boolean;
	/**
	 * Whether the file is mapped into memory rather than read: not where a CPU would copy from it what it evaluates, because then the memory holds
	 * both.
	 */
	readonly mapsFile: boolean;
	/** Of the model alone: what a draft gains is measured, never predicted. */
	readonly atEmptyWindow: DecodeSpeed;
	readonly atFullWindow: DecodeSpeed;
}

export function planFor(request: PlanRequest): Plan {
	const { model, draft, placement } = request;
	const steps = layOut(model.shape, request);
	const draftSteps = draft ? layOut(draft.shape, { placement }) : [];
	const planned = (
		device: Device,
		members: readonly Device[],
		runtime: number,
	): PlannedDevice => {
		const own = sumParts(members.map((it) => targetParts(steps, it, request)));
		const drafted = members.reduce(
			(sum, it) => sum + draftBytes(draftSteps, it, request),
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
		// What a process takes besides is the RAM's, and no business of that limit.
		...placement.gpus.filter(hasOwnLimit).map((gpu) => planned(gpu, [gpu], 0)),
	];
	const [own, ...ofOthers] = contextsOf(request).map((it) =>
		obstaclesTo(steps, it),
	);
	// A head that is left to the CPU is so for all contexts.
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
				...targetParts(steps, device, request),
				draft: draftBytes(draftSteps, device, request),
			},
		})),
		obstacles,
		fits:
			devices.every((it) => it.neededBytes <= it.freeBytes) &&
			obstacles.every((it) => it.of === "head"),
		isWhole:
			obstacles.length === 0 &&
			(placement.gpus.length === 0 ||
				steps.every(
					(it) => placement.gpus.includes(it.device) || !evaluates(it),
				)),
		mapsFile: !steps.some((it) => copiesWeights(it, request)),
		atEmptyWindow: speed(steps, request, 0),
		atFullWindow: speed(steps, request, request.contextWindow),
	};
}

/** The margin counts at most as much as what is loaded: errors of an estimate are never larger than what is estimated. */
export function admits({ devices, obstacles }: Plan): boolean {
	return (
		obstacles.every((it) => it.of === "head") &&
		devices.every(({ bytes: { margin }, neededBytes, freeBytes }) => {
			const takenBytes = neededBytes - margin;
			return takenBytes + Math.min(margin, takenBytes) <= freeBytes;
		})
	);
}

/** The same with as many layers on the GPUs as fit, for who asks for a model that does not: undefined where even without any it does not. */
export function partialOffload(request: PlanRequest): Plan | undefined {
	const all = request.model.shape.layers.length;
	for (let offloadedLayers = all; offloadedLayers >= 0; offloadedLayers--) {
		const plan = planFor({ ...request, offloadedLayers });
		if (plan.fits) return plan;
	}
	return undefined;
}

/** What the model itself takes of all memories together: without what the process takes anyway, and without a margin. */
export function modelBytes(plan: Plan): number {
	const { gpu, host } = heldBytes(plan);
	const { correction } = plan.request;
	return gpu + host + (correction?.gpu ?? 0) + (correction?.host ?? 0);
}

/** The same without what was seen at the last load, by where it is. */
export function heldBytes({ request, holders }: Plan): Correction {
	const on = (isGpu: boolean) =>
		holders
			.filter(({ device }) => request.placement.gpus.includes(device) === isGpu)
			.reduce((sum, { bytes }) => sum + total(bytes), 0);
	return { gpu: on(true), host: on(false) };
}

/** What is missing, summed over the devices that have too little. */
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
	steps: readonly DeviceLayers[],
	{ model: { shape }, kvType }: PlanRequest,
	depthTokens: number,
): DecodeSpeed {
	return predictDecode(
		steps.map(({ device, layers, hasHead }) => ({
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
