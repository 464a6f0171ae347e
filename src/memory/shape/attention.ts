/** What the layers of a model remember: attention by kind, and the state of recurrent layers. */

import type { GgufTensor } from "../../gguf/ggufHeader.ts";
import {
	type Keys,
	maxHeads,
	maxLayers,
	maxTokens,
	maxWidth,
	unusable,
} from "./headerKeys.ts";

/** What one layer caches for each token, in elements of the KV cache type. */
export type Attention =
	/** Recurrent layers, and layers that share the cache of another. */
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
	/** Multi-head latent attention (MLA): one latent vector for all heads, from which keys and values are computed. */
	| {
			readonly kind: "latent";
			readonly kvLoraRank: number;
			readonly ropeDimensions: number;
	  };

/**
 * The period of layers with full attention in a sliding-window model, as in the calls of `set_swa_pattern` in llama.cpp: the last
 * layer of each period unless `fullFirst`. 1 for architectures whose window llama.cpp ignores.
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

/**
 * Attention heads whose scores are computed one by one, because node-llama-cpp does not use flash attention for the model; the KV
 * cache then stays in f16. 0 with flash attention. llama.cpp itself supports more, but aborts for latent attention if forced.
 */
export function scoredHeads(keys: Keys, embeddingWidth: number): number {
	const heads = keys.perLayer("attention.head_count", 0, maxHeads) ?? 0;
	const lengthOf = (part: "key" | "value") =>
		keys.number(`attention.${part}_length`, maxWidth) ?? embeddingWidth / heads;
	const hasFlashAttention =
		!["grok", "gemma2"].includes(keys.architecture) &&
		(heads === 0 || lengthOf("key") === lengthOf("value"));
	return hasFlashAttention ? 0 : heads;
}

interface AttentionReader {
	of(layer: number, tensors: readonly GgufTensor[]): Attention;
	readonly notes: readonly string[];
}

export function attentionReader(
	keys: Keys,
	layerCount: number,
	embeddingWidth: number,
): AttentionReader {
	const windowTokens = keys.number("attention.sliding_window", maxTokens) ?? 0;
	const slides = slidingLayers(keys);
	// llama.cpp caches the latent vector only for files that declare the key length made of it; older files cache every head.
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
				throw unusable({
					kind: "missing",
					key: keys.full("attention.head_count"),
				});
			const sliding = windowTokens > 0 && slides?.(layer) === true;
			const lengthOf = (part: "key" | "value"): number => {
				const given =
					(sliding
						? keys.number(`attention.${part}_length_swa`, maxWidth)
						: undefined) ?? keys.number(`attention.${part}_length`, maxWidth);
				if (given !== undefined) return given;
				if (!heads)
					throw unusable({
						kind: "missing",
						key: keys.full("attention.head_count"),
					});
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

/** Which layers slide: from the header, or from the table of architectures. Undefined for unknown architectures. */
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

/** The tensors of a layer show its kind more reliably than metadata. With unknown names, attention is assumed, which costs more. */
function hasAttention(tensors: readonly GgufTensor[]): boolean {
	const has = (pattern: RegExp) =>
		tensors.some(({ name }) => pattern.test(name));
	return has(/\.attn_k\./) || !has(/\.(ssm_|shortconv\.|time_mix_)/);
}

/** `llama_hparams::n_embd_r` and `n_embd_s`, in F32. */
export function recurrentStateBytes(
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
