/** The memory of a model on one device, part by part: weights, KV cache and buffers, of the target and of its draft. */

import { assert } from "../../base/assert.ts";
import type { Device } from "../../protocol/device.ts";
import type { ModelShape } from "../shape/modelShape.ts";
import type { Weights } from "../shape/weights.ts";
import { type DeviceLayers, evaluates } from "./layerLayout.ts";
import {
	computeBufferBytes,
	cpuHeadBytes,
	cpuWeightsBytes,
	inputBufferBytes,
	isRepacked,
	layerCacheBytes,
	outputBufferBytes,
} from "./modelCost.ts";
import { maxVerifiedTokens, type PlanRequest } from "./planRequest.ts";

export type ModelParts = Readonly<
	Record<"weights" | "kvCache" | "computeBuffer" | "outputBuffer", number>
>;

const noParts: ModelParts = {
	weights: 0,
	kvCache: 0,
	computeBuffer: 0,
	outputBuffer: 0,
};

/** Drafts are verified one sequence at a time. */
export function targetParts(
	layout: readonly DeviceLayers[],
	device: Device,
	request: PlanRequest,
): ModelParts {
	const verified = request.verifies ? maxVerifiedTokens : 1;
	return sumParts(
		contextsOf(request).map((it) =>
			modelParts(request.model.shape, layout, device, it, {
				outputs: Math.max(it.sequences, verified),
				hasWeights: it === request,
			}),
		),
	);
}

/** The draft has a sequence of the same length for each one of the target, and decodes token by token. */
export function draftBytes(
	layout: readonly DeviceLayers[],
	device: Device,
	request: PlanRequest,
): number {
	const { draft } = request;
	if (!draft) return 0;
	return contextsOf(request).reduce((sum, it) => {
		const outputs = it.sequences;
		const hasWeights = it === request;
		const parts = modelParts(draft.shape, layout, device, it, {
			outputs,
			hasWeights,
		});
		return sum + total(parts);
	}, 0);
}

/** The request itself is the context for completion. */
export function contextsOf(request: PlanRequest): readonly PlanRequest[] {
	const { chatWindow } = request;
	if (chatWindow === undefined) return [request];
	return [request, { ...request, contextWindow: chatWindow, sequences: 1 }];
}

/**
 * The memory of a model on one device; on the host of a GPU, what llama.cpp leaves on the CPU.
 *
 * @param outputs rows of logits requested at once.
 * @param hasWeights whether to count the weights with this context: all contexts share one copy.
 */
function modelParts(
	shape: ModelShape,
	layout: readonly DeviceLayers[],
	device: Device,
	request: PlanRequest,
	{
		outputs,
		hasWeights,
	}: { readonly outputs: number; readonly hasWeights: boolean },
): ModelParts {
	const step = layout.find((it) => it.device === device);
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
	const opOffload = opOffloadOf(shape, layout, request);
	const evaluated = {
		layers: step.layers.length > 0,
		head: opOffload.head ? device === opOffload.device : step.hasHead,
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
			(device === opOffload.device ? opOffload.weightBytes : 0),
		outputBuffer: isHost ? outputBufferBytes(shape, outputs) : 0,
	};
}

/** Weights in RAM that a GPU multiplies with for large batches: llama.cpp copies them into its compute buffer (`op_offload`). */
interface OpOffload {
	/** Undefined if there is none. */
	readonly device: Device | undefined;
	readonly head: boolean;
	readonly weightBytes: number;
}

/** A GPU can use neither repacked weights nor tensors that it does not accept. */
function opOffloadOf(
	shape: ModelShape,
	layout: readonly DeviceLayers[],
	{ placement: { gpus, host }, batchTokens }: PlanRequest,
): OpOffload {
	const device = gpus.at(-1);
	const step = layout.find((it) => it.device === host);
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

export function sumParts(all: readonly ModelParts[]): ModelParts {
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

export function total(bytes: Readonly<Record<string, number>>): number {
	return Object.values(bytes).reduce((sum, it) => sum + it, 0);
}
