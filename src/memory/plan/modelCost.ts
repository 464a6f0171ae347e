/**
 * The cost of a model in memory and in bytes read, part by part. These are our own formulas, for use before anything was measured;
 * each names its source and aims to be slightly too large.
 */

import { assertNever } from "../../base/assert.ts";
import type { Repacking } from "../../protocol/device.ts";
import type { Attention } from "../shape/attention.ts";
import type { LayerShape, ModelShape } from "../shape/modelShape.ts";
import type { Weights } from "../shape/weights.ts";

/** The type of both keys and values. */
export type KvType = "f16" | "q8_0";

const bytesPerElement: Readonly<Record<KvType, number>> = {
	f16: 2,
	// Blocks of 32 with a scale: 34 bytes.
	q8_0: 34 / 32,
};

/** The options of a context that determine its caches and buffers. */
export interface ContextOptions {
	/** Tokens per sequence. */
	readonly contextWindow: number;
	readonly sequences: number;
	/** Tokens per call: the `n_batch` and `n_ubatch` of our engine. */
	readonly batchTokens: number;
	readonly kvType: KvType;
}

/** llama.cpp rounds the cells of a sequence up to a multiple of this (`llama-context.cpp`, `llama-kv-cache-iswa.cpp`). */
const cellsPadding = 256;

function paddedCells(tokens: number): number {
	return Math.ceil(tokens / cellsPadding) * cellsPadding;
}

/**
 * Weights in the memory of a CPU that evaluates them, with the file read and not mapped: a mapped file would hold repacked weights
 * twice.
 */
export function cpuWeightsBytes(
	{ bytes, repacked }: Weights,
	repacking: Repacking,
): number {
	if (repacking === "none") return bytes;
	const { fileBytes, copyBytes } = repacked[repacking];
	return bytes - fileBytes + copyBytes;
}

/** A tied head shares the tensor of the input, unless it is repacked. */
export function cpuHeadBytes(
	{ head, embedding, tiedEmbedding }: ModelShape,
	repacking: Repacking,
): number {
	const bytes = cpuWeightsBytes(head, repacking);
	return tiedEmbedding && !isRepacked(embedding, repacking)
		? bytes - embedding.bytes
		: bytes;
}

export function isRepacked(
	{ repacked }: Weights,
	repacking: Repacking,
): boolean {
	return repacking !== "none" && repacked[repacking].fileBytes > 0;
}

/** Keys and values of one layer for all sequences, and its recurrent state (`llama-kv-cache.cpp`, `llama-memory-recurrent.cpp`). */
export function layerCacheBytes(
	{ attention, recurrentStateBytes }: LayerShape,
	options: ContextOptions,
): number {
	const { sequences, kvType } = options;
	return (
		sequences *
		(recurrentStateBytes +
			layerCells(attention, options) * cellBytes(attention, kvType))
	);
}

/** The larger of the two tensors in which llama.cpp keeps the keys and values of a layer. */
export function cacheTensorBytes(
	{ attention }: LayerShape,
	options: ContextOptions,
): number {
	const elements =
		attention.kind === "full" || attention.kind === "slidingWindow"
			? Math.max(attention.keyElements, attention.valueElements)
			: attention.kind === "latent"
				? attention.kvLoraRank + attention.ropeDimensions
				: 0;
	return (
		options.sequences *
		layerCells(attention, options) *
		elements *
		bytesPerElement[options.kvType]
	);
}

export function kvCacheBytes(
	{ layers }: ModelShape,
	options: ContextOptions,
): number {
	return layers.reduce((sum, it) => sum + layerCacheBytes(it, options), 0);
}

/**
 * Cells per sequence. A sliding window also needs room for the current batch, and node-llama-cpp adds one token. Our contexts are not
 * unified: every sequence has cells of its own.
 */
function layerCells(
	attention: Attention,
	{ contextWindow, batchTokens }: ContextOptions,
): number {
	const cells = paddedCells(contextWindow);
	return attention.kind === "slidingWindow"
		? Math.min(cells, paddedCells(attention.windowTokens + batchTokens + 1))
		: cells;
}

/** Bytes of one token in one layer. */
function cellBytes(attention: Attention, kvType: KvType): number {
	switch (attention.kind) {
		case "none":
			return 0;
		case "full":
		case "slidingWindow":
			return (
				(attention.keyElements + attention.valueElements) *
				bytesPerElement[kvType]
			);
		case "latent":
			return (
				(attention.kvLoraRank + attention.ropeDimensions) *
				bytesPerElement[kvType]
			);
		default:
			return assertNever(attention);
	}
}

/**
 * The compute buffer of one batch, with flash attention, at its widest point: the logits of all its tokens, or the feed-forward
 * network; plus the inputs, which live throughout. For the Qwen2.5-3B shape, two sequences of 8,192 and batches of 128, llama.cpp
 * allocates 79.9 MB and this gives 80.9.
 *
 * @param has the parts of the model that the device evaluates.
 * @param inputCopies 4 with several GPUs in a pipeline (`GGML_SCHED_MAX_COPIES`).
 */
export function computeBufferBytes(
	shape: ModelShape,
	options: ContextOptions,
	has: { readonly layers: boolean; readonly head: boolean },
	inputCopies: number,
): number {
	const { embeddingWidth, vocabularySize, feedForwardWidth } = shape;
	const widest = Math.max(
		has.head ? vocabularySize + embeddingWidth : 0,
		has.layers ? 4 * embeddingWidth + 3 * feedForwardWidth : 0,
	);
	return (
		options.batchTokens * widest * 4 +
		(has.layers ? scoresBytes(shape, options) : 0) +
		inputBufferBytes(shape, options) * inputCopies
	);
}

/** Without flash attention, each head computes a score for every token of the batch and every cell. */
function scoresBytes(
	{ scoredHeads }: ModelShape,
	{ batchTokens, contextWindow }: ContextOptions,
): number {
	return batchTokens * scoredHeads * paddedCells(contextWindow) * 4;
}

/** The inputs of each batch, from CPU to GPU: token embeddings and attention masks. */
export function inputBufferBytes(
	{ embeddingWidth, layers }: ModelShape,
	{ contextWindow, batchTokens }: ContextOptions,
): number {
	const masks = new Set(layers.map(({ attention }) => attention.kind));
	masks.delete("none");
	return (
		batchTokens *
		(embeddingWidth * 4 + masks.size * paddedCells(contextWindow) * 2)
	);
}

/** Logits for the sampler (`llama_context::output_reserve`): at least one row per sequence. */
export function outputBufferBytes(
	{ vocabularySize }: ModelShape,
	outputs: number,
): number {
	return vocabularySize * outputs * 4;
}

/** Bytes that decoding one token reads of a layer, at a depth in the context. Counts only the experts used. */
export function layerReadBytes(
	{ weights, expertBytes, attention, recurrentStateBytes }: LayerShape,
	{ experts, expertsUsed }: ModelShape,
	depthTokens: number,
	kvType: KvType,
): number {
	const restingShare = experts > 0 ? 1 - expertsUsed / experts : 0;
	const tokens =
		attention.kind === "slidingWindow"
			? Math.min(depthTokens, attention.windowTokens)
			: depthTokens;
	return (
		weights.bytes -
		expertBytes * restingShare +
		tokens * cellBytes(attention, kvType) +
		// The state is read and written.
		2 * recurrentStateBytes
	);
}

/** Bytes that decoding one token reads of the whole model, at a depth in the context. */
export function readBytes(
	shape: ModelShape,
	depthTokens: number,
	kvType: KvType,
): number {
	return shape.layers.reduce(
		(sum, it) => sum + layerReadBytes(it, shape, depthTokens, kvType),
		shape.head.bytes,
	);
}
