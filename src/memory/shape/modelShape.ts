/** The shape of a model, as far as memory and speed depend on it: read from the header of its file, tensor by tensor. */

import { failure, type Result, success } from "../../base/result.ts";
import { ggmlType, tensorBytes } from "../../gguf/ggmlType.ts";
import type { GgufHeader, GgufTensor } from "../../gguf/ggufHeader.ts";
import {
	type Attention,
	attentionReader,
	recurrentStateBytes,
	scoredHeads,
} from "./attention.ts";
import {
	Keys,
	maxHeads,
	maxLayers,
	maxTokens,
	maxWidth,
	type ShapeProblem,
	Unusable,
	unusable,
} from "./headerKeys.ts";
import {
	matrixWeights,
	plainWeights,
	sumWeights,
	type Weights,
} from "./weights.ts";

export interface LayerShape {
	readonly weights: Weights;
	readonly largestTensorBytes: number;
	/** Weights of routed experts: resident as a whole, read in part. */
	readonly expertBytes: number;
	readonly attention: Attention;
	/** State of a convolution or state space model, per sequence and independent of its length. Some layers have both this and attention. */
	readonly recurrentStateBytes: number;
}

export interface ModelShape {
	readonly parameterCount: number;
	readonly trainedContextWindow: number;
	readonly vocabularySize: number;
	readonly embeddingWidth: number;
	/** Width of the feed-forward network per token: the sum over the experts used, in a mixture of experts. */
	readonly feedForwardWidth: number;
	/** Both are 0 without experts. */
	readonly experts: number;
	readonly expertsUsed: number;
	/** Whether the output head is the token embedding: one tensor in the file, two in memory if the head is on a GPU. */
	readonly tiedEmbedding: boolean;
	/** Token embedding and other lookup tables, which llama.cpp keeps on the CPU. */
	readonly input: Weights;
	/** The token embedding, which is part of `input`. */
	readonly embedding: Weights;
	/** From the last layer to the logits, including a tied embedding. */
	readonly head: Weights;
	/** The largest tensor of the head; a device may not accept it. */
	readonly largestHeadTensorBytes: number;
	/** See `scoredHeads` in attention.ts: 0 with flash attention. */
	readonly scoredHeads: number;
	readonly layers: readonly LayerShape[];
	/** Assumptions about unknowns; each can only overestimate the memory. */
	readonly notes: readonly string[];
}

export function shapeOf(header: GgufHeader): Result<ModelShape, ShapeProblem> {
	try {
		return success(readShape(header));
	} catch (thrown) {
		if (thrown instanceof Unusable) return failure(thrown.problem);
		throw thrown;
	}
}

function readShape(header: GgufHeader): ModelShape {
	const keys = new Keys(header.metadata);
	const files = header.metadata.get("split.count");
	if (typeof files === "number" && files > 1)
		throw unusable({ kind: "split", key: "split.count", files });
	const layerCount = keys.need("block_count", maxLayers);
	const embeddingWidth = keys.need("embedding_length", maxWidth);
	const experts = keys.number("expert_count", maxHeads) ?? 0;
	const expertsUsed = experts > 0 ? keys.need("expert_used_count", experts) : 0;
	const tensors = groupTensors(header.tensors, layerCount);
	const embedding = tensors.input.find(
		({ name }) => name === "token_embd.weight",
	);
	if (!embedding) throw unusable({ kind: "missing", key: "token_embd.weight" });
	const tiedEmbedding = !tensors.head.some(
		({ name }) => name === "output.weight",
	);
	const attention = attentionReader(keys, layerCount, embeddingWidth);
	const head = [...tensors.head, ...(tiedEmbedding ? [embedding] : [])];

	return {
		parameterCount: header.tensors.reduce(
			(sum, { shape }) => sum + elementsOf(shape),
			0,
		),
		trainedContextWindow: keys.number("context_length", maxTokens) ?? 2048,
		vocabularySize: embedding.shape[1] ?? 0,
		embeddingWidth,
		feedForwardWidth: feedForwardWidth(keys, layerCount, expertsUsed),
		experts,
		expertsUsed,
		tiedEmbedding,
		input: plainWeights(sumWeights(tensors.input.map(tensorWeights)).bytes),
		embedding: tensorWeights(embedding),
		head: sumWeights(head.map(tensorWeights)),
		largestHeadTensorBytes: largestBytes(head),
		scoredHeads: scoredHeads(keys, embeddingWidth),
		layers: tensors.layers.map((ofLayer, index) => ({
			weights: sumWeights(ofLayer.map(tensorWeights)),
			largestTensorBytes: largestBytes(ofLayer),
			expertBytes: ofLayer
				.filter(({ name }) => isExperts(name))
				.reduce((sum, it) => sum + tensorWeights(it).bytes, 0),
			attention: attention.of(index, ofLayer),
			recurrentStateBytes: recurrentStateBytes(keys, ofLayer, embeddingWidth),
		})),
		notes: attention.notes,
	};
}

interface TensorGroups {
	readonly input: readonly GgufTensor[];
	readonly layers: readonly (readonly GgufTensor[])[];
	readonly head: readonly GgufTensor[];
}

function groupTensors(
	tensors: readonly GgufTensor[],
	layerCount: number,
): TensorGroups {
	const input: GgufTensor[] = [];
	const head: GgufTensor[] = [];
	const layers: GgufTensor[][] = Array.from({ length: layerCount }, () => []);
	for (const tensor of tensors) {
		const layer = /^blk\.(\d+)\./.exec(tensor.name)?.[1];
		if (layer !== undefined) {
			const ofLayer = layers[Number(layer)];
			if (!ofLayer)
				throw unusable({
					kind: "noSuchLayer",
					key: tensor.name,
					layers: layerCount,
				});
			ofLayer.push(tensor);
		} else if (
			/^(token_embd|token_types|position_embd|per_layer_token_embd)\b/.test(
				tensor.name,
			)
		)
			input.push(tensor);
		else head.push(tensor);
	}
	return { input, layers, head };
}

function tensorWeights({ name, shape, typeId }: GgufTensor): Weights {
	const type = ggmlType(typeId);
	const bytes = tensorBytes(shape, typeId);
	if (!type || bytes === undefined)
		throw unusable({ kind: "badType", key: name, typeId });
	// Vectors take part in no matrix product.
	const [, rows] = shape;
	if (rows === undefined || !name.endsWith(".weight"))
		return plainWeights(bytes);
	return matrixWeights({
		type: type.name,
		bytes,
		blockBytes: type.blockBytes,
		rows,
		areExperts: isExperts(name),
	});
}

/** Not by spreading them: a header may have more tensors than a call may have arguments. */
function largestBytes(tensors: readonly GgufTensor[]): number {
	return tensors.reduce(
		(largest, it) => Math.max(largest, tensorWeights(it).bytes),
		0,
	);
}

function isExperts(name: string): boolean {
	return /\.ffn_\w+_exps\./.test(name);
}

/** Layers differ if the header has arrays; the widest layer determines the buffer. */
function feedForwardWidth(
	keys: Keys,
	layerCount: number,
	expertsUsed: number,
): number {
	let dense = 0;
	for (let layer = 0; layer < layerCount; layer++)
		dense = Math.max(
			dense,
			keys.perLayer("feed_forward_length", layer, maxWidth) ?? 0,
		);
	const expert = keys.number("expert_feed_forward_length", maxWidth) ?? dense;
	return expertsUsed > 0 ? expert * expertsUsed : dense;
}

function elementsOf(shape: readonly number[]): number {
	return shape.reduce((product, size) => product * size, 1);
}
