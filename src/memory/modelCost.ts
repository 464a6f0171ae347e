/**
 * What a model costs in memory and in reading, part by part. Our formulas for where nothing was measured yet; each
 * says where it comes from, and each is meant to be at most a little too large.
 */

import { assertNever } from "../base/assert.ts";
import type { Attention, LayerShape, ModelShape } from "./modelShape.ts";

/** Of keys and values alike. */
export type KvType = "f16" | "q8_0";

const bytesPerElement: Readonly<Record<KvType, number>> = {
	f16: 2,
	// Blocks of 32 with a scale: 34 bytes.
	q8_0: 34 / 32,
};

/** How a model is evaluated: what decides of its caches and buffers. */
export interface ContextOptions {
	/** Tokens of each sequence. */
	readonly contextWindow: number;
	readonly sequences: number;
	/** Tokens in one call; our engine's `n_batch` and `n_ubatch` alike. */
	readonly batchTokens: number;
	readonly kvType: KvType;
}

/** llama.cpp rounds the cells of a sequence up to this (`llama-context.cpp`, `llama-kv-cache-iswa.cpp`). */
const cellsPadding = 256;

function paddedCells(tokens: number): number {
	return Math.ceil(tokens / cellsPadding) * cellsPadding;
}

/** The second copy that a CPU keeps of some types comes on top of the mapped file (`ggml-cpu/repack.cpp`; twice the file for Q4_K, measured). */
export function cpuLayerBytes({ weights }: LayerShape): number {
	return weights.bytes + weights.repackableBytes;
}

/** On the CPU a tied head reads the very tensor that the input has, unless it is repacked. */
export function cpuHeadBytes({
	head,
	input,
	tiedEmbedding,
}: ModelShape): number {
	const stored = tiedEmbedding ? head.bytes - input.bytes : head.bytes;
	return Math.max(0, stored) + head.repackableBytes;
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

export function kvCacheBytes(
	{ layers }: ModelShape,
	options: ContextOptions,
): number {
	return layers.reduce((sum, it) => sum + layerCacheBytes(it, options), 0);
}

/**
 * Cells of one sequence. A window needs room for the batch that is being evaluated besides; the one token more is node-llama-cpp's. Our
 * contexts are not unified: every sequence has its own cells.
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

/** One token in one layer. */
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
 * What the graph of one batch needs at its widest place, with flash attention: the logits of every token of it, or the feed-forward
 * network; and the inputs, which live from beginning to end. For the Qwen2.5-3B shape, two sequences of 8,192 and batches of 128, llama.cpp takes
 * 79.9 MB and this says 80.9.
 *
 * @param inputCopies llama.cpp keeps 4 where several GPUs work one behind the other (`GGML_SCHED_MAX_COPIES`).
 */
export function computeBufferBytes(
	shape: ModelShape,
	options: ContextOptions,
	inputCopies: number,
): number {
	const { embeddingWidth, vocabularySize, feedForwardWidth } = shape;
	const widest = Math.max(
		vocabularySize + embeddingWidth,
		4 * embeddingWidth + 3 * feedForwardWidth,
	);
	return (
		options.batchTokens * widest * 4 +
		inputBufferBytes(shape, options) * inputCopies
	);
}

/** What the CPU hands to the GPU for each batch: the embeddings of its tokens, and the attention masks. */
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

/** Logits as the sampler reads them (`llama_context::output_reserve`): at least one row for every sequence. */
export function outputBufferBytes(
	{ vocabularySize }: ModelShape,
	outputs: number,
): number {
	return vocabularySize * outputs * 4;
}

/** What decoding one token reads of a layer with so many tokens before it. Of the experts, those used. */
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
		// Read and written.
		2 * recurrentStateBytes
	);
}

/** What decoding one token reads of the whole model, with so many before it. */
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
