/** What a model is made of, as far as memory and speed depend on it: from the header of its file, tensor by tensor. */

import { failure, type Result, success } from "../../base/result.ts";
import { ggmlType, tensorBytes } from "../../gguf/ggmlType.ts";
import type {
	GgufHeader,
	GgufTensor,
	GgufValue,
} from "../../gguf/ggufHeader.ts";
import { type Matrix, type Repacker, repackedBytes } from "./repacking.ts";

export interface Weights {
	readonly bytes: number;
	/** Of these, what such a CPU does not use as it is in the file. */
	readonly repacked: Readonly<Record<Repacker, RepackedWeights>>;
}

interface RepackedWeights {
	readonly fileBytes: number;
	readonly copyBytes: number;
}

/** What one layer remembers of each token, in elements of the KV cache's type. */
export type Attention =
	/** Recurrent layers, and those that read the cache of another. */
	| { readonly kind: "none" }
	| {
			readonly kind: "full";
			readonly keyElements: number;
			readonly valueElements: number;
	  }
	| {
			readonly kind: "slidingWindow";
			readonly windowTokens: number;
			readonly keyElements: number;
			readonly valueElements: number;
	  }
	/** Multi-head latent attention: one vector for all heads, from which keys and values are made. */
	| {
			readonly kind: "latent";
			readonly kvLoraRank: number;
			readonly ropeDimensions: number;
	  };

export interface LayerShape {
	readonly weights: Weights;
	readonly largestTensorBytes: number;
	/** Of the weights, those of routed experts: resident as a whole, read in part. */
	readonly expertBytes: number;
	readonly attention: Attention;
	/** Of a convolution or state space, for each sequence and independent of its length. Some layers have this and attention. */
	readonly recurrentStateBytes: number;
}

export interface ModelShape {
	readonly parameterCount: number;
	readonly trainedContextWindow: number;
	readonly vocabularySize: number;
	readonly embeddingWidth: number;
	/** What the feed-forward network of a layer computes for each token: of all experts used, where there are any. */
	readonly feedForwardWidth: number;
	/** Both 0 where there are none. */
	readonly experts: number;
	readonly expertsUsed: number;
	/** The output head is the token embedding: one tensor in the file, two in memory where the head is on a GPU. */
	readonly tiedEmbedding: boolean;
	/** Token embedding and the like, which llama.cpp looks up on the CPU and never offloads. */
	readonly input: Weights;
	/** Of these, the token embedding. */
	readonly embedding: Weights;
	/** From the last layer to the logits, with the tied embedding where there is one. */
	readonly head: Weights;
	/** The largest tensor of the head: a device may not take it. */
	readonly largestHeadTensorBytes: number;
	/** Of the attention scores that llama.cpp computes one by one, because it has no flash attention for the model; 0 where it has. */
	readonly scoredHeads: number;
	readonly layers: readonly LayerShape[];
	/** What was assumed in the face of an unknown; each can only make the model look larger. */
	readonly notes: readonly string[];
}

export interface ShapeProblem {
	/** A key of the metadata, or the name of a tensor. */
	readonly key: string;
	readonly why: string;
}

/** Limits against absurd headers: several times what any published model has. */
const maxLayers = 1024;
const maxHeads = 65_536;
const maxWidth = 16_777_216;
const maxTokens = 2 ** 31;

/**
 * Every how many layers one attends to everything, as the calls of `set_swa_pattern` in llama.cpp's models have it; the last of each
 * group unless `fullFirst`. 1 for architectures whose window llama.cpp ignores.
 */
const slidingPeriods: ReadonlyMap<
	string,
	{ readonly period: number; readonly fullFirst?: true }
> = new Map([
	["afmoe", { period: 4 }],
	["cohere2", { period: 4 }],
	["exaone-moe", { period: 4 }],
	["exaone4", { period: 4 }],
	["gemma2", { period: 2 }],
	["gemma3", { period: 6 }],
	["gemma3n", { period: 5 }],
	["gpt-oss", { period: 2 }],
	["llama4", { period: 4 }],
	["olmo2", { period: 4 }],
	["phi3", { period: 1 }],
	["plamo3", { period: 8 }],
	["smallthinker", { period: 4, fullFirst: true }],
	["starcoder2", { period: 1 }],
]);

/** Of one that is multiplied with. */
export function matrixWeights(matrix: Matrix): Weights {
	return {
		bytes: matrix.bytes,
		repacked: byRepacker((repacker) => {
			const copyBytes = repackedBytes(repacker, matrix);
			return copyBytes === undefined
				? { fileBytes: 0, copyBytes: 0 }
				: { fileBytes: matrix.bytes, copyBytes };
		}),
	};
}

/** Of vectors, and of what is looked up row by row: every CPU uses those as they are. */
export function plainWeights(bytes: number): Weights {
	return {
		bytes,
		repacked: byRepacker(() => ({ fileBytes: 0, copyBytes: 0 })),
	};
}

export function sumWeights(all: readonly Weights[]): Weights {
	const sum = (bytesOf: (weights: Weights) => number) =>
		all.reduce((total, it) => total + bytesOf(it), 0);
	return {
		bytes: sum((it) => it.bytes),
		repacked: byRepacker((repacker) => ({
			fileBytes: sum((it) => it.repacked[repacker].fileBytes),
			copyBytes: sum((it) => it.repacked[repacker].copyBytes),
		})),
	};
}

function byRepacker(
	of: (repacker: Repacker) => RepackedWeights,
): Weights["repacked"] {
	return { x86: of("x86"), arm: of("arm"), amx: of("amx") };
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
		throw unusable("split.count", `the weights are in ${files} files`);
	const layerCount = keys.need("block_count", maxLayers);
	const embeddingWidth = keys.need("embedding_length", maxWidth);
	const experts = keys.number("expert_count", maxHeads) ?? 0;
	const expertsUsed = experts > 0 ? keys.need("expert_used_count", experts) : 0;
	const tensors = groupTensors(header.tensors, layerCount);
	const embedding = tensors.input.find(
		({ name }) => name === "token_embd.weight",
	);
	if (!embedding) throw unusable("token_embd.weight", "the tensor is missing");
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
		largestHeadTensorBytes: Math.max(
			...head.map((it) => tensorWeights(it).bytes),
		),
		scoredHeads: scoredHeads(keys, embeddingWidth),
		layers: tensors.layers.map((ofLayer, index) => ({
			weights: sumWeights(ofLayer.map(tensorWeights)),
			largestTensorBytes: Math.max(
				0,
				...ofLayer.map((it) => tensorWeights(it).bytes),
			),
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
				throw unusable(tensor.name, `there are only ${layerCount} layers`);
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
		throw unusable(name, `its type ${typeId} is unknown, or cuts its rows`);
	// Vectors are added and multiplied, never a matrix product.
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

function isExperts(name: string): boolean {
	return /\.ffn_\w+_exps\./.test(name);
}

/**
 * What node-llama-cpp goes by: without, it computes every score, and the KV cache stays in f16. llama.cpp itself can do more, and for
 * latent attention aborts where it is forced to.
 */
function scoredHeads(keys: Keys, embeddingWidth: number): number {
	const heads = keys.perLayer("attention.head_count", 0, maxHeads) ?? 0;
	const lengthOf = (part: "key" | "value") =>
		keys.number(`attention.${part}_length`, maxWidth) ?? embeddingWidth / heads;
	const hasFlashAttention =
		!["grok", "gemma2"].includes(keys.architecture) &&
		(heads === 0 || lengthOf("key") === lengthOf("value"));
	return hasFlashAttention ? 0 : heads;
}

/** Layers differ where the header has arrays; the widest decides the buffer. */
function feedForwardWidth(
	keys: Keys,
	layerCount: number,
	expertsUsed: number,
): number {
	const dense = Math.max(
		...Array.from(
			{ length: layerCount },
			(_, i) => keys.perLayer("feed_forward_length", i, maxWidth) ?? 0,
		),
	);
	const expert = keys.number("expert_feed_forward_length", maxWidth) ?? dense;
	return expertsUsed > 0 ? expert * expertsUsed : dense;
}

interface AttentionReader {
	of(layer: number, tensors: readonly GgufTensor[]): Attention;
	readonly notes: readonly string[];
}

function attentionReader(
	keys: Keys,
	layerCount: number,
	embeddingWidth: number,
): AttentionReader {
	const windowTokens = keys.number("attention.sliding_window", maxTokens) ?? 0;
	const slides = slidingLayers(keys);
	// llama.cpp keeps the latent vector only for files that say how long the keys made of it are; older ones cache every head.
	const latent =
		keys.number("attention.key_length_mla", maxWidth) === undefined
			? undefined
			: ({
					kind: "latent",
					kvLoraRank: keys.need("attention.kv_lora_rank", maxWidth),
					ropeDimensions: keys.need("rope.dimension_count", maxWidth),
				} as const);
	const firstShared =
		layerCount - (keys.number("attention.shared_kv_layers", maxLayers) ?? 0);

	return {
		notes:
			windowTokens > 0 && slides === undefined
				? [
						`which layers of ${keys.architecture} have a sliding window is unknown: all are priced as if they had none`,
					]
				: [],
		of(layer, tensors) {
			if (layer >= firstShared || !hasAttention(tensors))
				return { kind: "none" };
			if (latent) return latent;
			const heads = keys.perLayer("attention.head_count", layer, maxHeads);
			const kvHeads =
				keys.perLayer("attention.head_count_kv", layer, maxHeads) ?? heads;
			if (kvHeads === 0) return { kind: "none" };
			if (kvHeads === undefined)
				throw unusable(keys.full("attention.head_count"), "it is missing");
			const sliding = windowTokens > 0 && slides?.(layer) === true;
			const lengthOf = (part: "key" | "value"): number => {
				const given =
					(sliding
						? keys.number(`attention.${part}_length_swa`, maxWidth)
						: undefined) ?? keys.number(`attention.${part}_length`, maxWidth);
				if (given !== undefined) return given;
				if (!heads)
					throw unusable(keys.full("attention.head_count"), "it is missing");
				return embeddingWidth / heads;
			};
			const elements = {
				keyElements: kvHeads * lengthOf("key"),
				valueElements: kvHeads * lengthOf("value"),
			};
			return sliding
				? { kind: "slidingWindow", windowTokens, ...elements }
				: { kind: "full", ...elements };
		},
	};
}

/** What the file itself says of each layer, or else what is known of its architecture. Undefined for unknown ones. */
function slidingLayers(keys: Keys): ((layer: number) => boolean) | undefined {
	const key = "attention.sliding_window_pattern";
	const flags = keys.array(key);
	if (flags) return (layer) => Boolean(flags[layer % flags.length]);
	const known = slidingPeriods.get(keys.architecture);
	const period = keys.number(key, maxLayers) ?? known?.period;
	if (period === undefined) return undefined;
	if (period === 0) return () => true;
	const fullAt = known?.fullFirst ? 0 : period - 1;
	return (layer) => layer % period !== fullAt;
}

/** A layer's own tensors tell more surely than any key what it is; where their names are new, attention is the larger guess. */
function hasAttention(tensors: readonly GgufTensor[]): boolean {
	const has = (pattern: RegExp) =>
		tensors.some(({ name }) => pattern.test(name));
	return has(/\.attn_k\./) || !has(/\.(ssm_|shortconv\.|time_mix_)/);
}

/** `llama_hparams::n_embd_r` and `n_embd_s`, in F32. */
function recurrentStateBytes(
	keys: Keys,
	tensors: readonly GgufTensor[],
	embeddingWidth: number,
): number {
	const has = (part: string) =>
		tensors.some(({ name }) => name.includes(`.${part}`));
	if (has("shortconv."))
		return (keys.need("shortconv.l_cache", maxWidth) - 1) * embeddingWidth * 4;
	if (has("time_mix_"))
		return (2 + keys.need("wkv.head_size", maxWidth)) * embeddingWidth * 4;
	if (!has("ssm_")) return 0;
	const inner = keys.need("ssm.inner_size", maxWidth);
	const state = keys.need("ssm.state_size", maxWidth);
	const groups = keys.number("ssm.group_count", maxHeads) ?? 0;
	const kernel = keys.need("ssm.conv_kernel", maxWidth);
	return ((kernel - 1) * (inner + 2 * groups * state) + state * inner) * 4;
}

function elementsOf(shape: readonly number[]): number {
	return shape.reduce((product, size) => product * size, 1);
}

/** The metadata of one architecture, whose keys all begin with its name. */
class Keys {
	readonly architecture: string;
	readonly #metadata: ReadonlyMap<string, GgufValue>;

	constructor(metadata: ReadonlyMap<string, GgufValue>) {
		const architecture = metadata.get("general.architecture");
		if (typeof architecture !== "string" || architecture === "")
			throw unusable("general.architecture", "it is missing");
		this.architecture = architecture;
		this.#metadata = metadata;
	}

	full(key: string): string {
		return `${this.architecture}.${key}`;
	}

	/** At least 1. */
	need(key: string, limit: number): number {
		const value = this.number(key, limit);
		if (value === undefined) throw unusable(this.full(key), "it is missing");
		if (value < 1) throw unusable(this.full(key), `it is ${value}`);
		return value;
	}

	/** Undefined where it is missing, or an array. */
	number(key: string, limit: number): number | undefined {
		const value = this.#metadata.get(this.full(key));
		if (value === undefined || this.array(key)) return undefined;
		return this.#count(key, value, limit);
	}

	/** Some keys have one number for all layers, or an array with one for each. */
	perLayer(key: string, layer: number, limit: number): number | undefined {
		const values = this.array(key);
		if (!values) return this.number(key, limit);
		const value = values[layer];
		if (value === undefined)
			throw unusable(this.full(key), `it has no value for layer ${layer}`);
		return this.#count(key, value, limit);
	}

	array(key: string): readonly (number | bigint | boolean)[] | undefined {
		const value = this.#metadata.get(this.full(key));
		return isArray(value) && value.length > 0 ? value : undefined;
	}

	#count(key: string, value: GgufValue, limit: number): number {
		if (
			typeof value !== "number" ||
			!Number.isInteger(value) ||
			value < 0 ||
			value > limit
		)
			throw unusable(
				this.full(key),
				`${typeof value === "object" ? "a list" : value} is no number of ${key.replace(/.*\./, "")} that a model could have`,
			);
		return value;
	}
}

/** `Array.isArray` does not narrow to a readonly array. */
function isArray(
	value: GgufValue | undefined,
): value is readonly (number | bigint | boolean)[] {
	return Array.isArray(value);
}

/** Thrown inside this file alone, and caught at its door. */
class Unusable extends Error {
	constructor(readonly problem: ShapeProblem) {
		super(problem.key);
	}
}

function unusable(key: string, why: string): Unusable {
	return new Unusable({ key, why });
}
