/**
 * What a model costs in memory and in reading, part by part. Our formulas for where nothing was measured yet; each
 * says where it comes from, and each is meant to be at most a little too large.
 */

import { assertNever } from "../../base/assert.ts";
import type { Repacking } from "../../protocol/device.ts";
import type { Attention } from "../shape/attention.ts";
import type { LayerShape, ModelShape } from "../shape/modelShape.ts";
import type { Weights } from "../shape/weights.ts";

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

/** What weights take where a CPU evaluates them, loaded without mapping the file: mapped, what is repacked would be there twice. */
export function cpuWeightsBytes(
	{ bytes, repacked }: Weights,
	repacking: Repacking,
): number {
	if (repacking === "none") return bytes;
	const { fileBytes, copyBytes } = repacked[repacking];
	return bytes - fileBytes + copyBytes;
}

/** A tied head reads the very tensor that the input has, unless it is repacked. */
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

/** The larger of the two tensors that llama.cpp keeps keys and values of a layer in. */
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
 * @param has what of the model the device evaluates.
 * @param inputCopies llama.cpp keeps 4 where several GPUs work one behind the other (`GGML_SCHED_MAX_COPIES`).
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

/** Without flash attention, every token of the batch has a score for every cell in each head of a layer. */
function scoresBytes(
	{ scoredHeads }: ModelShape,
	{ batchTokens, contextWindow }: ContextOptions,
): number {
	return batchTokens * scoredHeads * paddedCells(contextWindow) * 4;
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
