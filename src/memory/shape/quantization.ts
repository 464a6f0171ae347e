/**
 * The size of a model in a quantization for which there is no file yet: the types that llama.cpp gives its tensors
 * (`llama_tensor_get_type` in `llama-quant.cpp`), and the bytes that follow.
 */

import { assert } from "../../base/assert.ts";
import { ggmlTypeNamed } from "../../gguf/ggmlType.ts";
import type { LayerShape, ModelShape } from "./modelShape.ts";
import {
	matrixWeights,
	plainWeights,
	sumWeights,
	type Weights,
} from "./weights.ts";

/** The mixes that are common for code models, with the type of most of their tensors. */
const baseTypes = {
	Q4_K_M: "Q4_K",
	Q5_K_M: "Q5_K",
	Q6_K: "Q6_K",
	Q8_0: "Q8_0",
	F16: "F16",
} as const;
export type Mix = keyof typeof baseTypes;

/** A transformer as published, with grouped-query attention in every layer. */
export interface PublishedModel {
	readonly layers: number;
	readonly embeddingWidth: number;
	readonly heads: number;
	readonly kvHeads: number;
	readonly headDimension: number;
	/** Of one expert, in a mixture of experts. */
	readonly feedForwardWidth: number;
	/** 3 with a gate (gate, up, down), 2 without. */
	readonly feedForwardMatrices: 2 | 3;
	readonly vocabularySize: number;
	readonly tiedEmbedding: boolean;
	readonly experts: number;
	readonly expertsUsed: number;
	readonly trainedContextWindow: number;
}

interface Dimensions {
	readonly rowElements: number;
	readonly rows: number;
	readonly areExperts?: boolean;
}

export function shapeInMix(model: PublishedModel, mix: Mix): ModelShape {
	const { embeddingWidth, vocabularySize, tiedEmbedding } = model;
	const base = baseTypes[mix];
	const headType = mix === "Q8_0" || mix === "F16" ? base : "Q6_K";
	const vocabulary = { rowElements: embeddingWidth, rows: vocabularySize };
	const norm = vector(embeddingWidth);
	const output = quantized(vocabulary, headType);
	const embedding = tiedEmbedding ? output : quantized(vocabulary, base);
	return {
		parameterCount: parameterCount(model),
		trainedContextWindow: model.trainedContextWindow,
		vocabularySize,
		embeddingWidth,
		feedForwardWidth: model.feedForwardWidth * Math.max(1, model.expertsUsed),
		experts: model.experts,
		expertsUsed: model.expertsUsed,
		tiedEmbedding,
		input: plainWeights(embedding.bytes),
		embedding,
		head: sumWeights([output, norm]),
		largestHeadTensorBytes: output.bytes,
		scoredHeads: 0,
		layers: Array.from({ length: model.layers }, (_, index) =>
			layer(model, mix, index),
		),
		notes: [],
	};
}

/** For rows whose length is not a multiple of the block size, 256. */
const fallbackTypes: Readonly<Record<string, string>> = {
	Q4_K: "Q5_0",
	Q5_K: "Q5_1",
	Q6_K: "Q8_0",
};

function layer(model: PublishedModel, mix: Mix, index: number): LayerShape {
	const { embeddingWidth, heads, kvHeads, headDimension, experts } = model;
	const base = baseTypes[mix];
	const finer = isFiner(mix, index, model.layers) ? "Q6_K" : base;
	const queries = heads * headDimension;
	const keys = kvHeads * headDimension;
	const attention = [
		quantized({ rowElements: embeddingWidth, rows: queries }, base),
		quantized({ rowElements: embeddingWidth, rows: keys }, base),
		quantized(
			{ rowElements: embeddingWidth, rows: keys },
			experts === 8 ? "Q8_0" : finer,
		),
		quantized({ rowElements: queries, rows: embeddingWidth }, base),
	];
	const copies = Math.max(1, experts);
	const ff = model.feedForwardWidth;
	const feedForward = [
		...Array.from({ length: model.feedForwardMatrices - 1 }, () =>
			quantized(
				{
					rowElements: embeddingWidth,
					rows: ff * copies,
					areExperts: experts > 0,
				},
				base,
			),
		),
		quantized(
			{
				rowElements: ff,
				rows: embeddingWidth * copies,
				areExperts: experts > 0,
			},
			finer,
		),
	];
	const small = vector(2 * embeddingWidth + experts * embeddingWidth);
	const all = [...attention, ...feedForward, small];
	return {
		weights: sumWeights(all),
		largestTensorBytes: Math.max(...all.map(({ bytes }) => bytes)),
		expertBytes: experts > 0 ? sumWeights(feedForward).bytes : 0,
		attention: { kind: "full", keyElements: keys, valueElements: keys },
		recurrentStateBytes: 0,
	};
}

/** The M mixes use the finer type in the first and last eighth of the layers, and in every third layer between. */
function isFiner(mix: Mix, index: number, layers: number): boolean {
	const eighth = Math.floor(layers / 8);
	return (
		(mix === "Q4_K_M" || mix === "Q5_K_M") &&
		(index < eighth ||
			index >= Math.floor((7 * layers) / 8) ||
			(index - eighth) % 3 === 2)
	);
}

function quantized(
	{ rowElements, rows, areExperts = false }: Dimensions,
	type: string,
): Weights {
	const wanted = ggmlTypeNamed(type);
	const name =
		wanted && rowElements % wanted.blockElements === 0
			? type
			: fallbackTypes[type];
	const used = name === undefined ? undefined : ggmlTypeNamed(name);
	assert(name && used && rowElements % used.blockElements === 0, type);
	return matrixWeights({
		type: name,
		bytes: ((rowElements * rows) / used.blockElements) * used.blockBytes,
		blockBytes: used.blockBytes,
		rows,
		areExperts,
	});
}

/** Norms, biases and routers stay in F32. */
function vector(elements: number): Weights {
	return plainWeights(elements * 4);
}

function parameterCount(model: PublishedModel): number {
	const { embeddingWidth, headDimension } = model;
	const attention =
		2 * embeddingWidth * (model.heads + model.kvHeads) * headDimension;
	const feedForward =
		model.feedForwardMatrices *
		embeddingWidth *
		model.feedForwardWidth *
		Math.max(1, model.experts);
	return (
		model.layers * (attention + feedForward) +
		embeddingWidth * model.vocabularySize * (model.tiedEmbedding ? 1 : 2)
	);
}

/** The size of the file, which holds a tied embedding once; without its header, which is some megabytes of vocabulary. */
export function weightsFileBytes(shape: ModelShape): number {
	return (
		(shape.tiedEmbedding ? 0 : shape.input.bytes) +
		shape.head.bytes +
		shape.layers.reduce((sum, { weights }) => sum + weights.bytes, 0)
	);
}
