/** A plan: one model, with or without a draft, in one place; what it takes there part by part, whether that fits, and how fast it would be. */

import { assert } from "../../base/assert.ts";
import type { MemoryPart } from "../../protocol/memoryReason.ts";
import {
	bandwidthOf,
	type Device,
	marginBytes,
	type Placement,
	runtimeBytes,
	sharesMemory,
	usableBytes,
} from "../machine/devices.ts";
import {
	type DecodeSpeed,
	efficiencyOf,
	predictDecode,
} from "../machine/roofline.ts";
import type { LayerShape, ModelShape, Weights } from "../shape/modelShape.ts";
import {
	type ContextOptions,
	cacheTensorBytes,
	computeBufferBytes,
	cpuHeadBytes,
	cpuWeightsBytes,
	inputBufferBytes,
	isRepacked,
	layerCacheBytes,
	layerReadBytes,
	outputBufferBytes,
} from "./modelCost.ts";

export interface NamedModel {
	readonly name: string;
	/** As people call it, such as Q4_K_M. */
	readonly quantization: string;
	readonly shape: ModelShape;
}

export interface PlanRequest extends ContextOptions {
	readonly model: NamedModel;
	readonly draft?: NamedModel;
	/** Tokens of a context for conversations beside the one for completion, on the same weights; none unless said. */
	readonly chatWindow?: number;
	/** Whether several tokens are verified at once, as drafts of any source are. */
	readonly verifies?: boolean;
	readonly placement: Placement;
	/**
	 * How many of the layers, and the head as one more, are on the GPUs: the last ones, as in llama.cpp. All unless said: anything less reads
	 * the rest from slower memory with every token.
	 */
	readonly offloadedLayers?: number;
	/** What such a load took more, or less, than was planned when it was last seen. */
	readonly correction?: Correction;
}

/** In bytes. */
export interface Correction {
	/** Of all GPUs together. */
	readonly gpu: number;
	readonly host: number;
}

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

/** A tensor that a device does not take, however much memory is free. */
interface Obstacle {
	readonly device: Device;
	/** The head is then left to the CPU; with any other there is no load. */
	readonly of: "head" | "layer" | "kvCache";
	readonly tensorBytes: number;
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

/**
 * Tokens that are verified at once at most, the one before the draft among them. From 64 on, llama.cpp's attention on a CPU takes a kernel that rounds
 * otherwise, and one in a hundred tokens would be another than without a draft; and measured there, each token beyond 32 costs more than those before. They fit
 * into one batch, for which the compute buffer has the logits of every token anyway. The output buffer has not: llama.cpp makes it for one token of each
 * sequence, lets it grow when more are first asked for, and never gives that back (`llama_context::output_reserve`).
 */
export const maxVerifiedTokens = 32;

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

/** What of a model one device holds and evaluates. */
interface Step {
	readonly device: Device;
	readonly layers: readonly LayerShape[];
	readonly hasHead: boolean;
}

/**
 * As llama.cpp does it (`llama_model::load_tensors`): layers and head in a row, of which the last are offloaded; those are shared out by the free
 * memory that the devices report, each getting a run of neighbours.
 */
function layOut(
	shape: ModelShape,
	{
		placement: { gpus, host },
		offloadedLayers = shape.layers.length + 1,
	}: Pick<PlanRequest, "placement" | "offloadedLayers">,
): readonly Step[] {
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

function evaluates({ layers, hasHead }: Step): boolean {
	return layers.length > 0 || hasHead;
}

function obstaclesTo(
	steps: readonly Step[],
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
function copiesWeights(
	{ device, layers, hasHead }: Step,
	{ model: { shape }, placement: { gpus, host } }: PlanRequest,
): boolean {
	if (device !== host || gpus.includes(device)) return false;
	const repacking = host.repacking ?? "none";
	return (
		layers.some(({ weights }) => isRepacked(weights, repacking)) ||
		(hasHead && isRepacked(shape.head, repacking))
	);
}

function correctionBytes(
	device: Device,
	{ correction, placement: { gpus } }: PlanRequest,
): number {
	if (!correction) return 0;
	return gpus.includes(device) ? correction.gpu / gpus.length : correction.host;
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

function hasOwnLimit({ kind, workingSetBytes }: Device): boolean {
	return kind === "integrated" && workingSetBytes !== undefined;
}

/** The memory that a device takes from. */
function memoryOf(device: Device, { host }: Placement): Device {
	return sharesMemory(device) ? host : device;
}

function memoriesOf(placement: Placement): readonly Device[] {
	return [
		...new Set(allDevices(placement).map((it) => memoryOf(it, placement))),
	];
}

/** On unified memory the GPU is the host. */
function allDevices({ gpus, host }: Placement): readonly Device[] {
	return [...new Set([...gpus, host])];
}

type ModelParts = Readonly<
	Record<"weights" | "kvCache" | "computeBuffer" | "outputBuffer", number>
>;

const noParts: ModelParts = {
	weights: 0,
	kvCache: 0,
	computeBuffer: 0,
	outputBuffer: 0,
};

/** What is drafted for one sequence is verified while the others wait. */
function targetParts(
	steps: readonly Step[],
	device: Device,
	request: PlanRequest,
): ModelParts {
	const verified = request.verifies ? maxVerifiedTokens : 1;
	return sumParts(
		contextsOf(request).map((it) =>
			modelParts(request.model.shape, steps, device, it, {
				outputs: Math.max(it.sequences, verified),
				hasWeights: it === request,
			}),
		),
	);
}

/** Beside every sequence of the target the draft has one of the same length, and decodes token by token. */
function draftBytes(
	steps: readonly Step[],
	device: Device,
	request: PlanRequest,
): number {
	const { draft } = request;
	if (!draft) return 0;
	return contextsOf(request).reduce((sum, it) => {
		const outputs = it.sequences;
		const hasWeights = it === request;
		const parts = modelParts(draft.shape, steps, device, it, {
			outputs,
			hasWeights,
		});
		return sum + total(parts);
	}, 0);
}

/** That for completion is the request itself. */
function contextsOf(request: PlanRequest): readonly PlanRequest[] {
	const { chatWindow } = request;
	if (chatWindow === undefined) return [request];
	return [request, { ...request, contextWindow: chatWindow, sequences: 1 }];
}

/**
 * What a model takes of one device; on the host of a GPU, what llama.cpp leaves to the CPU.
 *
 * @param outputs rows of logits that are asked for at once.
 * @param hasWeights whether they are counted with this context: there is one copy for all.
 */
function modelParts(
	shape: ModelShape,
	steps: readonly Step[],
	device: Device,
	request: PlanRequest,
	{
		outputs,
		hasWeights,
	}: { readonly outputs: number; readonly hasWeights: boolean },
): ModelParts {
	const step = steps.find((it) => it.device === device);
	assert(step, "every device of a placement has its share");
	const { gpus, host } = request.placement;
	const isGpu = gpus.includes(device);
	const kvCache = step.layers.reduce(
		(sum, it) => sum + layerCacheBytes(it, request),
		0,
	);
	const repacking = host.repacking ?? "none";
	const layersBytes = step.layers.reduce(
		(sum, { weights }) =>
			sum + (isGpu ? weights.bytes : cpuWeightsBytes(weights, repacking)),
		0,
	);
	const headBytes = isGpu ? shape.head.bytes : cpuHeadBytes(shape, repacking);
	const inputCopies = gpus.length > 1 ? 4 : 1;
	const isHost = device === host;
	const lent = lentToGpu(shape, steps, request);
	const evaluated = {
		layers: step.layers.length > 0,
		head: lent.head ? device === lent.device : step.hasHead,
	};
	return {
		weights: hasWeights
			? layersBytes +
				(step.hasHead ? headBytes : 0) +
				(isHost ? shape.input.bytes : 0)
			: 0,
		kvCache,
		computeBuffer:
			(evaluates(step)
				? computeBufferBytes(shape, request, evaluated, inputCopies)
				: 0) +
			(isHost && gpus.length > 0 ? inputBufferBytes(shape, request) : 0) +
			(device === lent.device ? lent.weightBytes : 0),
		outputBuffer: isHost ? outputBufferBytes(shape, outputs) : 0,
	};
}

/** Weights in RAM that a GPU multiplies with, once a batch is as large as ours: llama.cpp copies them into its compute buffer (`op_offload`). */
interface Lent {
	/** Undefined where nothing is lent. */
	readonly device: Device | undefined;
	readonly head: boolean;
	readonly weightBytes: number;
}

/** What is repacked is no use to a GPU, and neither is what it would not take at all. */
function lentToGpu(
	shape: ModelShape,
	steps: readonly Step[],
	{ placement: { gpus, host }, batchTokens }: PlanRequest,
): Lent {
	const device = gpus.at(-1);
	const step = steps.find((it) => it.device === host);
	if (!device || device === host || !step)
		return { device: undefined, head: false, weightBytes: 0 };
	const limitBytes = device.largestTensorBytes ?? Infinity;
	const repacking = host.repacking ?? "none";
	const asInFile = ({ bytes, repacked }: Weights) =>
		repacking === "none" ? bytes : bytes - repacked[repacking].fileBytes;
	const head =
		step.hasHead &&
		!isRepacked(shape.head, repacking) &&
		shape.largestHeadTensorBytes <= limitBytes &&
		shape.vocabularySize * batchTokens * 4 <= limitBytes;
	const layerBytes = Math.max(
		0,
		...step.layers.map(({ weights }) => asInFile(weights)),
	);
	const weightBytes = Math.max(
		head ? shape.largestHeadTensorBytes : 0,
		layerBytes,
	);
	return { device: weightBytes > 0 ? device : undefined, head, weightBytes };
}

function sumParts(all: readonly ModelParts[]): ModelParts {
	return all.reduce(
		(sum, it) => ({
			weights: sum.weights + it.weights,
			kvCache: sum.kvCache + it.kvCache,
			computeBuffer: sum.computeBuffer + it.computeBuffer,
			outputBuffer: sum.outputBuffer + it.outputBuffer,
		}),
		noParts,
	);
}

function total(bytes: Readonly<Record<string, number>>): number {
	return Object.values(bytes).reduce((sum, it) => sum + it, 0);
}

function speed(
	steps: readonly Step[],
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
