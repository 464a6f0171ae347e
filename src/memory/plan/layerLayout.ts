/** Which device holds and evaluates which layers, as llama.cpp distributes them; and the tensors that a device does not accept. */

import { assert } from "../../base/assert.ts";
import type { Device } from "../../protocol/device.ts";
import { type Placement, sharesMemory } from "../machine/devices.ts";
import type { LayerShape, ModelShape } from "../shape/modelShape.ts";
import { cacheTensorBytes, isRepacked } from "./modelCost.ts";
import type { PlanRequest } from "./planRequest.ts";

/** A tensor that a device does not accept, however much memory is free. */
export interface Obstacle {
	readonly device: Device;
	/** The head then stays on the CPU. Any other obstacle prevents the load. */
	readonly of: "head" | "layer" | "kvCache";
	readonly tensorBytes: number;
}

/** The part of a model that one device holds and evaluates. */
export interface DeviceLayers {
	readonly device: Device;
	readonly layers: readonly LayerShape[];
	readonly hasHead: boolean;
}

/**
 * As llama.cpp does it (`llama_model::load_tensors`): of the layers followed by the head, the last ones are offloaded. Each GPU gets a
 * contiguous run in proportion to its reported free memory.
 */
export function assignLayers(
	shape: ModelShape,
	{
		placement: { gpus, host },
		offloadedLayers = shape.layers.length + 1,
	}: Pick<PlanRequest, "placement" | "offloadedLayers">,
): readonly DeviceLayers[] {
	const { layers } = shape;
	const units = layers.length + 1;
	const offloaded = gpus.length === 0 ? 0 : Math.min(offloadedLayers, units);
	const first = units - offloaded;
	const deviceOf = (unit: number): Device => {
		if (unit < first) return host;
		const device = deviceAt((unit - first) / offloaded, gpus);
		return unit === layers.length && !acceptsHead(device, shape)
			? host
			: device;
	};
	return allDevices({ gpus, host }).map((device) => ({
		device,
		layers: layers.filter((_, unit) => deviceOf(unit) === device),
		hasHead: deviceOf(layers.length) === device,
	}));
}

/**
 * llama.cpp tests the head with a batch of this size, and leaves it on the CPU if the device does not support that
 * (`weight_buft_supported`).
 */
const triedBatchTokens = 512;

function headTensorBytes({
	vocabularySize,
	largestHeadTensorBytes,
}: ModelShape): number {
	return Math.max(
		largestHeadTensorBytes,
		vocabularySize * triedBatchTokens * 4,
	);
}

function acceptsHead(device: Device, shape: ModelShape): boolean {
	return headTensorBytes(shape) <= (device.largestTensorBytes ?? Infinity);
}

export function evaluates({ layers, hasHead }: DeviceLayers): boolean {
	return layers.length > 0 || hasHead;
}

export function obstaclesTo(
	layout: readonly DeviceLayers[],
	request: PlanRequest,
): readonly Obstacle[] {
	const { model, placement, offloadedLayers } = request;
	const wantsHead = placement.gpus.length > 0 && offloadedLayers !== 0;
	const refused = wantsHead
		? placement.gpus.filter((it) => !acceptsHead(it, model.shape)).slice(0, 1)
		: [];
	return [
		...refused.map(
			(device): Obstacle => ({
				device,
				of: "head",
				tensorBytes: headTensorBytes(model.shape),
			}),
		),
		...layout.flatMap(({ device, layers }) =>
			layers.flatMap((layer) => [
				{ device, of: "layer", tensorBytes: layer.largestTensorBytes } as const,
				{
					device,
					of: "kvCache",
					tensorBytes: cacheTensorBytes(layer, request),
				} as const,
			]),
		),
	].filter(
		({ device, tensorBytes }) =>
			tensorBytes > (device.largestTensorBytes ?? Infinity),
	);
}

/** Whether the host evaluates repacked weights. */
export function copiesWeights(
	{ device, layers, hasHead }: DeviceLayers,
	{ model: { shape }, placement: { gpus, host } }: PlanRequest,
): boolean {
	if (device !== host || gpus.includes(device)) return false;
	const repacking = host.repacking ?? "none";
	return (
		layers.some(({ weights }) => isRepacked(weights, repacking)) ||
		(hasHead && isRepacked(shape.head, repacking))
	);
}

function deviceAt(position: number, gpus: readonly Device[]): Device {
	const all = gpus.reduce((sum, it) => sum + it.freeBytes, 0);
	let before = 0;
	const found = gpus.find((gpu) => {
		before += gpu.freeBytes;
		return before > position * all;
	});
	const device = found ?? gpus.at(-1);
	assert(device, "a layer is offloaded to a GPU");
	return device;
}

/** The device whose memory this one allocates from. */
export function memoryOf(device: Device, { host }: Placement): Device {
	return sharesMemory(device) ? host : device;
}

export function memoriesOf(placement: Placement): readonly Device[] {
	return [
		...new Set(allDevices(placement).map((it) => memoryOf(it, placement))),
	];
}

/** On unified memory, the GPU and the host are one device. */
export function allDevices({ gpus, host }: Placement): readonly Device[] {
	return [...new Set([...gpus, host])];
}
