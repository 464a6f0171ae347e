/**
 * Published models without their weights: the true header and table of tensors, with a hole where the weights would be. Such a file takes
 * no room on disk, and what llama.cpp allocates for it is what it allocates for the model.
 *
 * Names and shapes of tensors are those that llama.cpp's loaders ask for (`src/models` there), the types those that its quantization
 * mixes choose (`llama_tensor_get_type` in `llama-quant.cpp`, without an importance matrix). Hyperparameters and sizes of files are from
 * the models' published configurations and file lists.
 */

import { truncateSync, writeFileSync } from "node:fs";
import {
	dataBytes,
	placeTensors,
	type WritableTensor,
	type WritableValue,
	writeGguf,
} from "./ggufWriter.ts";
import { builtInTokenizer } from "./tinyModel.ts";

export const quantizations = [
	"Q4_0",
	"Q4_K_M",
	"Q5_K_M",
	"Q6_K",
	"Q8_0",
	"F16",
] as const;
export type Quantization = (typeof quantizations)[number];

export interface ModelShape {
	readonly name: string;
	readonly architecture:
		| "qwen2"
		| "qwen3moe"
		| "starcoder2"
		| "deepseek2"
		| "gemma3"
		| "granitehybrid"
		| "llama";
	readonly layers: number;
	readonly width: number;
	readonly heads: number;
	readonly kvHeads: number;
	/** Of one head's keys; its values too, except in `latent`. */
	readonly headLength: number;
	/** Of the layers that have no experts. */
	readonly feedForward: number;
	readonly vocabulary: number;
	/** The embedding is the output matrix too, and stands in the file once. */
	readonly tied: boolean;
	readonly contextWindow: number;
	readonly experts?: {
		readonly count: number;
		readonly used: number;
		readonly feedForward: number;
		/** Of the part that every token goes through; 0 for none. */
		readonly sharedFeedForward: number;
		readonly sharedCount: number;
		/** So many layers at the start have none. */
		readonly denseLayers: number;
	};
	/** Tokens; five of six layers see no further. */
	readonly slidingWindow?: number;
	readonly latent?: {
		readonly rank: number;
		readonly ropeLength: number;
		readonly valueLength: number;
		/** Files of 2024 keep keys and values of every head in the cache, newer ones the latent vector. */
		readonly cached: boolean;
	};
	readonly recurrent?: {
		readonly attentionLayers: readonly number[];
		readonly stateLength: number;
		readonly heads: number;
		readonly convolution: number;
	};
	/** As published, all of them. */
	readonly parameters: number;
	/** Sizes of published files in 10^9 bytes. */
	readonly publishedGigabytes: Partial<Record<Quantization, number>>;
	/** Only the first layers of the model are there. */
	readonly cut?: boolean;
}

const qwen2 = {
	architecture: "qwen2",
	headLength: 128,
	contextWindow: 32_768,
} as const;

const deepSeekCoderV2Lite = {
	architecture: "deepseek2",
	layers: 27,
	width: 2048,
	heads: 16,
	kvHeads: 16,
	headLength: 192,
	feedForward: 10_944,
	vocabulary: 102_400,
	tied: false,
	contextWindow: 163_840,
	experts: {
		count: 64,
		used: 6,
		feedForward: 1408,
		sharedFeedForward: 2816,
		sharedCount: 2,
		denseLayers: 1,
	},
	parameters: 15.7e9,
	publishedGigabytes: { Q4_K_M: 10.4, Q8_0: 16.7 },
} as const;

const latentVectors = { rank: 512, ropeLength: 64, valueLength: 128 } as const;

export const shapes: readonly ModelShape[] = [
	{
		...qwen2,
		name: "Qwen2.5-Coder-0.5B",
		layers: 24,
		width: 896,
		heads: 14,
		kvHeads: 2,
		headLength: 64,
		feedForward: 4864,
		vocabulary: 151_936,
		tied: true,
		parameters: 0.494e9,
		publishedGigabytes: { Q4_K_M: 0.39, Q6_K: 0.5, Q8_0: 0.53 },
	},
	{
		...qwen2,
		name: "Qwen2.5-Coder-1.5B",
		layers: 28,
		width: 1536,
		heads: 12,
		kvHeads: 2,
		feedForward: 8960,
		vocabulary: 151_936,
		tied: true,
		parameters: 1.54e9,
		publishedGigabytes: { Q4_K_M: 0.986, Q5_K_M: 1.12, Q6_K: 1.27, Q8_0: 1.65 },
	},
	{
		...qwen2,
		name: "Qwen2.5-Coder-3B",
		layers: 36,
		width: 2048,
		heads: 16,
		kvHeads: 2,
		feedForward: 11_008,
		vocabulary: 151_936,
		tied: true,
		parameters: 3.09e9,
		publishedGigabytes: { Q4_K_M: 1.93, Q5_K_M: 2.22, Q6_K: 2.54, Q8_0: 3.29 },
	},
	{
		...qwen2,
		name: "Qwen2.5-Coder-7B",
		layers: 28,
		width: 3584,
		heads: 28,
		kvHeads: 4,
		feedForward: 18_944,
		vocabulary: 152_064,
		tied: false,
		contextWindow: 131_072,
		parameters: 7.62e9,
		publishedGigabytes: { Q4_K_M: 4.68, Q5_K_M: 5.44, Q6_K: 6.25, Q8_0: 8.09 },
	},
	{
		...qwen2,
		name: "Qwen2.5-Coder-14B",
		layers: 48,
		width: 5120,
		heads: 40,
		kvHeads: 8,
		feedForward: 13_824,
		vocabulary: 152_064,
		tied: false,
		contextWindow: 131_072,
		parameters: 14.8e9,
		publishedGigabytes: { Q4_K_M: 8.99, Q5_K_M: 10.5, Q6_K: 12.1, Q8_0: 15.7 },
	},
	{
		...qwen2,
		name: "Qwen2.5-Coder-32B",
		layers: 64,
		width: 5120,
		heads: 40,
		kvHeads: 8,
		feedForward: 27_648,
		vocabulary: 152_064,
		tied: false,
		contextWindow: 131_072,
		parameters: 32.8e9,
		publishedGigabytes: { Q4_K_M: 19.9, Q5_K_M: 23.3, Q6_K: 26.9, Q8_0: 34.8 },
	},
	{
		name: "Qwen3-Coder-30B-A3B",
		architecture: "qwen3moe",
		layers: 48,
		width: 2048,
		heads: 32,
		kvHeads: 4,
		headLength: 128,
		feedForward: 6144,
		vocabulary: 151_936,
		tied: false,
		contextWindow: 262_144,
		experts: {
			count: 128,
			used: 8,
			feedForward: 768,
			sharedFeedForward: 0,
			sharedCount: 0,
			denseLayers: 0,
		},
		parameters: 30.5e9,
		publishedGigabytes: { Q4_K_M: 18.6, Q5_K_M: 21.7, Q6_K: 25.1, Q8_0: 32.5 },
	},
	{
		name: "StarCoder2-3B",
		architecture: "starcoder2",
		layers: 30,
		width: 3072,
		heads: 24,
		kvHeads: 2,
		headLength: 128,
		feedForward: 12_288,
		vocabulary: 49_152,
		tied: true,
		contextWindow: 16_384,
		parameters: 3.03e9,
		publishedGigabytes: { Q4_K_M: 1.88, Q5_K_M: 2.18, Q6_K: 2.49, Q8_0: 3.22 },
	},
	{
		// Like the 3B, it has no output matrix of its own: github.com/bigcode-project/starcoder2/issues/18
		name: "StarCoder2-7B",
		architecture: "starcoder2",
		layers: 32,
		width: 4608,
		heads: 36,
		kvHeads: 4,
		headLength: 128,
		feedForward: 18_432,
		vocabulary: 49_152,
		tied: true,
		contextWindow: 16_384,
		parameters: 7.17e9,
		publishedGigabytes: {},
	},
	{
		...deepSeekCoderV2Lite,
		name: "DeepSeek-Coder-V2-Lite",
		latent: { ...latentVectors, cached: true },
	},
	{
		...deepSeekCoderV2Lite,
		name: "DeepSeek-Coder-V2-Lite (file of 2024)",
		latent: { ...latentVectors, cached: false },
	},
	{
		name: "Gemma-3-1B",
		architecture: "gemma3",
		layers: 26,
		width: 1152,
		heads: 4,
		kvHeads: 1,
		headLength: 256,
		feedForward: 6912,
		vocabulary: 262_144,
		tied: true,
		contextWindow: 32_768,
		slidingWindow: 512,
		parameters: 1.0e9,
		publishedGigabytes: { Q4_0: 0.72, Q4_K_M: 0.81, Q6_K: 1.01, Q8_0: 1.07 },
	},
	{
		name: "Gemma-3-4B",
		architecture: "gemma3",
		layers: 34,
		width: 2560,
		heads: 8,
		kvHeads: 4,
		headLength: 256,
		feedForward: 10_240,
		vocabulary: 262_208,
		tied: true,
		contextWindow: 131_072,
		slidingWindow: 1024,
		parameters: 3.88e9,
		publishedGigabytes: {
			Q4_0: 2.36,
			Q4_K_M: 2.49,
			Q5_K_M: 2.83,
			Q6_K: 3.19,
			Q8_0: 4.13,
			F16: 7.77,
		},
	},
	{
		name: "Granite-4.0-h-350m",
		architecture: "granitehybrid",
		layers: 32,
		width: 768,
		heads: 12,
		kvHeads: 4,
		headLength: 64,
		feedForward: 2048,
		vocabulary: 100_352,
		tied: true,
		contextWindow: 32_768,
		recurrent: {
			attentionLayers: [10, 13, 17, 27],
			stateLength: 128,
			heads: 48,
			convolution: 4,
		},
		parameters: 0.34e9,
		publishedGigabytes: {},
	},
	{
		name: "Granite-4.0-h-1b",
		architecture: "granitehybrid",
		layers: 40,
		width: 1536,
		heads: 12,
		kvHeads: 4,
		headLength: 128,
		feedForward: 4096,
		vocabulary: 100_352,
		tied: true,
		contextWindow: 131_072,
		recurrent: {
			attentionLayers: [5, 15, 25, 35],
			stateLength: 128,
			heads: 48,
			convolution: 4,
		},
		parameters: 1.46e9,
		publishedGigabytes: {},
	},
	{
		name: "Granite-4.0-h-tiny",
		architecture: "granitehybrid",
		layers: 40,
		width: 1536,
		heads: 12,
		kvHeads: 4,
		headLength: 128,
		feedForward: 512,
		vocabulary: 100_352,
		tied: true,
		contextWindow: 1_048_576,
		experts: {
			count: 64,
			used: 6,
			feedForward: 512,
			sharedFeedForward: 1024,
			sharedCount: 0,
			denseLayers: 0,
		},
		recurrent: {
			attentionLayers: [5, 15, 25, 35],
			stateLength: 128,
			heads: 48,
			convolution: 4,
		},
		parameters: 6.94e9,
		publishedGigabytes: { Q4_K_M: 4.2 },
	},
	{
		name: "CodeLlama-7B",
		architecture: "llama",
		layers: 32,
		width: 4096,
		heads: 32,
		kvHeads: 32,
		headLength: 128,
		feedForward: 11_008,
		vocabulary: 32_016,
		tied: false,
		contextWindow: 16_384,
		parameters: 6.74e9,
		publishedGigabytes: { Q4_K_M: 4.08, Q5_K_M: 4.78, Q6_K: 5.53, Q8_0: 7.16 },
	},
	{
		name: "Mellum-4b",
		architecture: "llama",
		layers: 30,
		width: 3072,
		heads: 24,
		kvHeads: 24,
		headLength: 128,
		feedForward: 8256,
		// Its 4.02 billion parameters and the sizes of its files leave no other.
		vocabulary: 98_304,
		tied: false,
		contextWindow: 8192,
		parameters: 4.02e9,
		publishedGigabytes: { Q4_K_M: 2.6, Q5_K_M: 2.98, Q6_K: 3.48, Q8_0: 4.27 },
	},
];

export function shapeNamed(name: string): ModelShape {
	const shape = shapes.find((it) => it.name === name);
	if (!shape) throw new Error(`There is no shape named "${name}".`);
	return shape;
}

/** The model without its later layers: its caches and buffers per layer, in a size that loads anywhere. */
export function firstLayers(shape: ModelShape, layers: number): ModelShape {
	const { recurrent } = shape;
	return {
		...shape,
		name: `${shape.name} (${layers} of ${shape.layers} layers)`,
		layers,
		cut: true,
		publishedGigabytes: {},
		...(recurrent && {
			recurrent: {
				...recurrent,
				attentionLayers: recurrent.attentionLayers.filter((it) => it < layers),
			},
		}),
	};
}

/** Writes the model with weights that are all zero, and returns how long the file is. Room on disk is taken by the header alone. */
export async function writeShapeModel(
	file: string,
	shape: ModelShape,
	quantization: Quantization,
): Promise<number> {
	const tensors = tensorsOf(shape, quantization);
	const header = writeGguf({
		metadata: { ...metadataOf(shape), ...(await tokenizer(shape.vocabulary)) },
		tensors,
	});
	const fileBytes = header.length + dataBytes(tensors);
	writeFileSync(file, header);
	truncateSync(file, fileBytes);
	return fileBytes;
}

export function parameterCount(shape: ModelShape): number {
	return [...tensorShapes(shape).values()].reduce(
		(sum, dimensions) => sum + elements(dimensions),
		0,
	);
}

/** Of all weights, without the header. */
export function weightBytes(
	shape: ModelShape,
	quantization: Quantization,
): number {
	return dataBytes(tensorsOf(shape, quantization));
}

function tensorsOf(
	shape: ModelShape,
	quantization: Quantization,
): readonly WritableTensor[] {
	const typeOf = typeChooser(shape, quantization);
	return placeTensors(
		[...tensorShapes(shape)].map(([name, dimensions]) => ({
			name,
			shape: dimensions,
			typeId: typeIds[typeOf(name, dimensions)],
		})),
	);
}

const elements = (dimensions: readonly number[]) =>
	dimensions.reduce((product, size) => product * size, 1);

type Dimensions = readonly number[];
type Tensors = Readonly<Record<string, Dimensions>>;

function tensorShapes(shape: ModelShape): ReadonlyMap<string, Dimensions> {
	const { width, vocabulary, tied, layers } = shape;
	const found = new Map<string, Dimensions>();
	const add = (prefix: string, tensors: Tensors) => {
		for (const [name, dimensions] of Object.entries(tensors))
			found.set(`${prefix}${name}`, dimensions);
	};
	add("", {
		"token_embd.weight": [width, vocabulary],
		...norm(shape, "output_norm"),
		...(tied ? {} : { "output.weight": [width, vocabulary] }),
	});
	for (let layer = 0; layer < layers; layer++)
		add(`blk.${layer}.`, {
			...norm(shape, "attn_norm"),
			...(shape.recurrent && !shape.recurrent.attentionLayers.includes(layer)
				? recurrence(shape, shape.recurrent)
				: shape.latent
					? latentAttention(shape, shape.latent)
					: attention(shape)),
			...norm(shape, "ffn_norm"),
			...(shape.experts && layer >= shape.experts.denseLayers
				? expertFeedForward(shape, shape.experts)
				: feedForward(shape)),
		});
	return found;
}

function norm({ architecture, width }: ModelShape, name: string): Tensors {
	return {
		[`${name}.weight`]: [width],
		...(architecture === "starcoder2" ? { [`${name}.bias`]: [width] } : {}),
	};
}

function attention({
	architecture,
	width,
	heads,
	kvHeads,
	headLength,
}: ModelShape): Tensors {
	const queries = heads * headLength;
	const keys = kvHeads * headLength;
	return {
		"attn_q.weight": [width, queries],
		"attn_k.weight": [width, keys],
		"attn_v.weight": [width, keys],
		"attn_output.weight": [queries, width],
		...(architecture === "qwen2" || architecture === "starcoder2"
			? {
					"attn_q.bias": [queries],
					"attn_k.bias": [keys],
					"attn_v.bias": [keys],
				}
			: {}),
		...(architecture === "starcoder2" ? { "attn_output.bias": [width] } : {}),
		...(architecture === "qwen3moe" || architecture === "gemma3"
			? {
					"attn_q_norm.weight": [headLength],
					"attn_k_norm.weight": [headLength],
				}
			: {}),
		...(architecture === "gemma3"
			? {
					"post_attention_norm.weight": [width],
					"post_ffw_norm.weight": [width],
				}
			: {}),
	};
}

function latentAttention(
	{ width, heads, headLength }: ModelShape,
	{ rank, ropeLength, valueLength, cached }: NonNullable<ModelShape["latent"]>,
): Tensors {
	const withoutRope = headLength - ropeLength;
	return {
		"attn_q.weight": [width, heads * headLength],
		"attn_kv_a_mqa.weight": [width, rank + ropeLength],
		"attn_kv_a_norm.weight": [rank],
		...(cached
			? {
					"attn_k_b.weight": [withoutRope, rank, heads],
					"attn_v_b.weight": [rank, valueLength, heads],
				}
			: { "attn_kv_b.weight": [rank, heads * (withoutRope + valueLength)] }),
		"attn_output.weight": [heads * valueLength, width],
	};
}

/** Mamba 2 with one group. */
function recurrence(
	{ width }: ModelShape,
	{ stateLength, heads, convolution }: NonNullable<ModelShape["recurrent"]>,
): Tensors {
	const inner = 2 * width;
	const convolved = inner + 2 * stateLength;
	return {
		"ssm_in.weight": [width, inner + convolved + heads],
		"ssm_conv1d.weight": [convolution, convolved],
		"ssm_conv1d.bias": [convolved],
		"ssm_dt.bias": [heads],
		ssm_a: [1, heads],
		ssm_d: [1, heads],
		"ssm_norm.weight": [inner, 1],
		"ssm_out.weight": [inner, width],
	};
}

function feedForward({
	architecture,
	width,
	feedForward: inner,
}: ModelShape): Tensors {
	if (architecture === "starcoder2")
		return {
			"ffn_up.weight": [width, inner],
			"ffn_up.bias": [inner],
			"ffn_down.weight": [inner, width],
			"ffn_down.bias": [width],
		};
	return {
		"ffn_gate.weight": [width, inner],
		"ffn_up.weight": [width, inner],
		"ffn_down.weight": [inner, width],
	};
}

function expertFeedForward(
	{ width }: ModelShape,
	{
		count,
		feedForward: inner,
		sharedFeedForward: shared,
	}: NonNullable<ModelShape["experts"]>,
): Tensors {
	return {
		"ffn_gate_inp.weight": [width, count],
		"ffn_gate_exps.weight": [width, inner, count],
		"ffn_up_exps.weight": [width, inner, count],
		"ffn_down_exps.weight": [inner, width, count],
		...(shared > 0
			? {
					"ffn_gate_shexp.weight": [width, shared],
					"ffn_up_shexp.weight": [width, shared],
					"ffn_down_shexp.weight": [shared, width],
				}
			: {}),
	};
}

const typeIds = {
	F32: 0,
	F16: 1,
	Q4_0: 2,
	Q5_0: 6,
	Q5_1: 7,
	Q8_0: 8,
	Q4_K: 12,
	Q5_K: 13,
	Q6_K: 14,
} as const;
type TypeName = keyof typeof typeIds;

const baseTypes: Readonly<Record<Quantization, TypeName>> = {
	Q4_0: "Q4_0",
	Q4_K_M: "Q4_K",
	Q5_K_M: "Q5_K",
	Q6_K: "Q6_K",
	Q8_0: "Q8_0",
	F16: "F16",
};

/** What stands in for a type of 256-element blocks where rows are no whole number of them. */
const fallbacks: Partial<Record<TypeName, TypeName>> = {
	Q4_K: "Q5_0",
	Q5_K: "Q5_1",
	Q6_K: "Q8_0",
};

function typeChooser(
	shape: ModelShape,
	quantization: Quantization,
): (name: string, dimensions: Dimensions) => TypeName {
	const base = baseTypes[quantization];
	const isMix = quantization === "Q4_K_M" || quantization === "Q5_K_M";
	/** Values are counted among the layers that have any, the way down by the number of the layer. */
	const attentionLayers = shape.recurrent?.attentionLayers;
	const moreBits = (index: number, count: number) =>
		index < Math.floor(count / 8) ||
		index >= Math.floor((7 * count) / 8) ||
		(index - Math.floor(count / 8)) % 3 === 2;
	const wanted = (name: string): TypeName => {
		if (base === "Q8_0" || base === "F16") return base;
		if (
			name === "output.weight" ||
			(name === "token_embd.weight" && shape.tied)
		)
			return "Q6_K";
		const [, layerDigits, part = ""] = /^blk\.(\d+)\.(.*)$/.exec(name) ?? [];
		const layer = Number(layerDigits);
		if (!isMix) return base;
		if (
			/^(attn_v|attn_kv_b)\.weight$/.test(part) &&
			moreBits(
				attentionLayers?.indexOf(layer) ?? layer,
				attentionLayers?.length ?? shape.layers,
			)
		)
			return "Q6_K";
		if (part.startsWith("ffn_down") && moreBits(layer, shape.layers))
			return "Q6_K";
		return base;
	};
	return (name, dimensions) => {
		if (!isQuantized(name, dimensions)) return "F32";
		const type = wanted(name);
		const rowElements = dimensions[0] ?? 0;
		return rowElements % 256 === 0 ? type : (fallbacks[type] ?? type);
	};
}

function isQuantized(name: string, dimensions: Dimensions): boolean {
	return (
		dimensions.length > 1 &&
		name.endsWith("weight") &&
		!/_norm\.weight$|ffn_gate_inp|ssm_conv1d/.test(name)
	);
}

const uint32 = (value: number): WritableValue => ({ type: "uint32", value });
const float32 = (value: number): WritableValue => ({ type: "float32", value });
const bool = (value: boolean): WritableValue => ({ type: "bool", value });

function metadataOf(
	shape: ModelShape,
): Readonly<Record<string, WritableValue>> {
	const { architecture, experts, latent, recurrent } = shape;
	const hyperparameters: Readonly<Record<string, WritableValue>> = {
		block_count: uint32(shape.layers),
		context_length: uint32(shape.contextWindow),
		embedding_length: uint32(shape.width),
		feed_forward_length: uint32(shape.feedForward),
		vocab_size: uint32(shape.vocabulary),
		"attention.head_count": uint32(shape.heads),
		"rope.freq_base": float32(architecture === "llama" ? 1e4 : 1e6),
		...(architecture === "starcoder2"
			? { "attention.layer_norm_epsilon": float32(1e-5) }
			: { "attention.layer_norm_rms_epsilon": float32(1e-6) }),
		...(latent
			? latentMetadata(shape, latent)
			: {
					"attention.head_count_kv": kvHeadCounts(shape),
					"attention.key_length": uint32(shape.headLength),
					"attention.value_length": uint32(shape.headLength),
					"rope.dimension_count": uint32(shape.headLength),
				}),
		...(shape.slidingWindow
			? { "attention.sliding_window": uint32(shape.slidingWindow) }
			: {}),
		...(experts && {
			expert_count: uint32(experts.count),
			expert_used_count: uint32(experts.used),
			expert_feed_forward_length: uint32(experts.feedForward),
			...(experts.sharedCount > 0
				? {
						expert_shared_count: uint32(experts.sharedCount),
						expert_weights_scale: float32(1),
					}
				: {}),
			...(architecture === "granitehybrid"
				? {
						expert_shared_feed_forward_length: uint32(
							experts.sharedFeedForward,
						),
					}
				: {}),
			...(experts.denseLayers > 0
				? { leading_dense_block_count: uint32(experts.denseLayers) }
				: {}),
		}),
		...(recurrent && {
			"ssm.conv_kernel": uint32(recurrent.convolution),
			"ssm.inner_size": uint32(2 * shape.width),
			"ssm.state_size": uint32(recurrent.stateLength),
			"ssm.time_step_rank": uint32(recurrent.heads),
			"ssm.group_count": uint32(1),
			"rope.scaling.finetuned": bool(false),
			"attention.scale": float32(1 / shape.headLength),
			embedding_scale: float32(12),
			residual_scale: float32(0.22),
			logit_scale: float32(6),
		}),
	};
	return {
		"general.architecture": { type: "string", value: architecture },
		"general.name": { type: "string", value: shape.name },
		...Object.fromEntries(
			Object.entries(hyperparameters).map(([key, value]) => [
				`${architecture}.${key}`,
				value,
			]),
		),
	};
}

/** Where a layer has none, it is recurrent. */
function kvHeadCounts({
	kvHeads,
	layers,
	recurrent,
}: ModelShape): WritableValue {
	if (!recurrent) return uint32(kvHeads);
	return {
		type: "uint32s",
		value: Array.from({ length: layers }, (_, layer) =>
			recurrent.attentionLayers.includes(layer) ? kvHeads : 0,
		),
	};
}

function latentMetadata(
	{ heads, headLength, cut }: ModelShape,
	{ rank, ropeLength, valueLength, cached }: NonNullable<ModelShape["latent"]>,
): Readonly<Record<string, WritableValue>> {
	return {
		"attention.kv_lora_rank": uint32(rank),
		"rope.dimension_count": uint32(ropeLength),
		...(cached
			? {
					"attention.head_count_kv": uint32(1),
					"attention.key_length": uint32(rank + ropeLength),
					"attention.value_length": uint32(rank),
					"attention.key_length_mla": uint32(headLength),
					"attention.value_length_mla": uint32(valueLength),
				}
			: {
					"attention.head_count_kv": uint32(heads),
					"attention.key_length": uint32(headLength),
					"attention.value_length": uint32(valueLength),
				}),
		// llama.cpp tells the Lite model, whose queries are not compressed, by its 27 layers.
		...(cut ? { "attention.q_lora_rank": uint32(0) } : {}),
	};
}

/** The tokenizer of the built-in model, with as many invented tokens behind its own as the vocabulary has room for. */
async function tokenizer(
	vocabulary: number,
): Promise<Readonly<Record<string, WritableValue>>> {
	const builtIn = await builtInTokenizer();
	const tokens = builtIn["tokenizer.ggml.tokens"];
	const types = builtIn["tokenizer.ggml.token_type"];
	if (tokens?.type !== "strings" || types?.type !== "int32s")
		throw new Error("the built-in model has no vocabulary");
	const invented = Array.from(
		{ length: vocabulary - tokens.value.length },
		(_, index) => `invented${index}`,
	);
	const normal = 1;
	return {
		...builtIn,
		"tokenizer.ggml.tokens": {
			type: "strings",
			value: [...tokens.value, ...invented],
		},
		"tokenizer.ggml.token_type": {
			type: "int32s",
			value: [...types.value, ...invented.map(() => normal)],
		},
	};
}
