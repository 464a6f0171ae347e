/** Which device holds and evaluates which layers, as llama.cpp distributes them; and the tensors that a device does not accept. */

import { assert } from "../../base/assert.ts";
import type { Device } from "../../protocol/device.ts";
import { type Placement, sharesMemory } from "../machine/devices.ts";
import type { LayerShape, ModelShape } from "../shape/modelShape.ts";
import { cacheTensorBytes, isRepacked } from "./modelCost.ts";
import type { PlanRequest } from "./planRequest.ts";

/** A tensor that a device does not take, however much memory is free. */
export interface Obstacle {
	readonly device: Device;
	/** The head is then left to the CPU; with any other there is no load. */
	readonly of: "head" | "layer" | "kvCache";
	readonly tensorBytes: number;
}

/** What of a model one device holds and evaluates. */
export interface DeviceLayers {
	readonly device: Device;
	readonly layers: readonly LayerShape[];
	readonly hasHead: boolean;
}

/**
 * As llama.cpp does it (`llama_model::load_tensors`): layers and head in a row, of which the last are offloaded; those are shared out by the free
 * memory that the devices report, each getting a run of neighbours.
 */
export function layOut(
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
		return unit === layers.length && !takesHead(device, shape) ? host : device;
	};
	return allDevices({ gpus, host }).map((device) => ({
		device,
		layers: layers.filter((_, unit) => deviceOf(unit) === device),
		hasHead: deviceOf(layers.length) === device,
	}));
}

/** llama.cpp tries the head with a batch of so many tokens, and leaves it to the CPU where the device says no (`weight_buft_supported`). */
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

function takesHead(device: Device, shape: ModelShape): boolean {
	return headTensorBytes(shape) <= (device.largestTensorBytes ?? Infinity);
}

export function evaluates({ layers, hasHead }: DeviceLayers): boolean {
	return layers.length > 0 || hasHead;
}

export function obstaclesTo(
	steps: readonly DeviceLayers[],
	request: PlanRequest,
): readonly Obstacle[] {
	const { model, placement, offloadedLayers } = request;
	const wantsHead = placement.gpus.length > 0 && offloadedLayers !== 0;
	const refused = wantsHead
		? placement.gpus.filter((it) => !takesHead(it, model.shape)).slice(0, 1)
		: [];
	return [
		...refused.map(
			(device): Obstacle => ({
				device,
				of: "head",
				tensorBytes: headTensorBytes(model.shape),
			}),
		),
		...steps.flatMap(({ device, layers }) =>
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

/** Whether the host evaluates weights that it keeps in another order than the file. */
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

/** The memory that a device takes from. */
export function memoryOf(device: Device, { host }: Placement): Device {
	return sharesMemory(device) ? host : device;
}

export function memoriesOf(placement: Placement): readonly Device[] {
	return [
		...new Set(allDevices(placement).map((it) => memoryOf(it, placement))),
	];
}

/** On unified memory the GPU is the host. */
export function allDevices({ gpus, host }: Placement): readonly Device[] {
	return [...new Set([...gpus, host])];
}
