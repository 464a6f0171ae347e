/**
 * Models with random weights, of architectures whose state cannot be cut back: a window that slides, and a recurrent state. They talk
 * nonsense, always the same, at the cost of nothing.
 */

import { writeFileSync } from "node:fs";
import { readGgufFileInfo } from "node-llama-cpp";
import type { FimOrder } from "../../../src/protocol/model.ts";
import { seededRandom } from "../seededRandom.ts";
import {
	type WritableTensor,
	type WritableValue,
	writeGguf,
} from "./ggufWriter.ts";
import { builtInModel } from "./realEngine.ts";

export type TinyArchitecture = "gemma3" | "mamba";

const width = 64;
const layers = 2;
const vocabulary = 8192;
/** Tokens: far less than a prompt has. */
export const slidingWindow = 64;

const uint32 = (value: number): WritableValue => ({ type: "uint32", value });
const float32 = (value: number): WritableValue => ({ type: "float32", value });

const hyperparameters: Readonly<
	Record<TinyArchitecture, Readonly<Record<string, WritableValue>>>
> = {
	gemma3: {
		feed_forward_length: uint32(2 * width),
		"attention.head_count": uint32(2),
		"attention.head_count_kv": uint32(1),
		"attention.key_length": uint32(width / 2),
		"attention.value_length": uint32(width / 2),
		"attention.layer_norm_rms_epsilon": float32(1e-6),
		"attention.sliding_window": uint32(slidingWindow),
		"rope.freq_base": float32(10_000),
	},
	mamba: {
		feed_forward_length: uint32(0),
		"attention.head_count": uint32(0),
		"attention.layer_norm_rms_epsilon": float32(1e-5),
		"ssm.conv_kernel": uint32(4),
		"ssm.inner_size": uint32(2 * width),
		"ssm.state_size": uint32(16),
		"ssm.time_step_rank": uint32(4),
	},
};

const layerTensors: Readonly<
	Record<TinyArchitecture, Readonly<Record<string, readonly number[]>>>
> = {
	gemma3: {
		"attn_norm.weight": [width],
		"attn_q.weight": [width, width],
		"attn_k.weight": [width, width / 2],
		"attn_v.weight": [width, width / 2],
		"attn_q_norm.weight": [width / 2],
		"attn_k_norm.weight": [width / 2],
		"attn_output.weight": [width, width],
		"post_attention_norm.weight": [width],
		"ffn_norm.weight": [width],
		"ffn_gate.weight": [width, 2 * width],
		"ffn_up.weight": [width, 2 * width],
		"ffn_down.weight": [2 * width, width],
		"post_ffw_norm.weight": [width],
	},
	mamba: {
		"attn_norm.weight": [width],
		"ssm_in.weight": [width, 4 * width],
		"ssm_conv1d.weight": [4, 2 * width],
		"ssm_conv1d.bias": [2 * width],
		"ssm_x.weight": [2 * width, 4 + 2 * 16],
		"ssm_dt.weight": [4, 2 * width],
		"ssm_dt.bias": [2 * width],
		ssm_a: [16, 2 * width],
		ssm_d: [2 * width],
		"ssm_out.weight": [2 * width, width],
	},
};

/** Writes one with the tokenizer of the built-in model, unless another is given. */
export async function writeTinyModel(
	file: string,
	architecture: TinyArchitecture,
	fimOrder: FimOrder,
	tokenizer?: Readonly<Record<string, WritableValue>>,
): Promise<void> {
	const shapes: Readonly<Record<string, readonly number[]>> = {
		"token_embd.weight": [width, vocabulary],
		"output_norm.weight": [width],
		...Object.fromEntries(
			Array.from({ length: layers }, (_, layer) =>
				Object.entries(layerTensors[architecture]).map(([name, shape]) => [
					`blk.${layer}.${name}`,
					shape,
				]),
			).flat(),
		),
	};
	const tensors: WritableTensor[] = [];
	const pieces: Buffer[] = [];
	let offsetBytes = 0;
	const random = seededRandom(5);
	for (const [name, shape] of Object.entries(shapes)) {
		const count = shape.reduce((product, size) => product * size, 1);
		const weights = Float32Array.from({ length: count }, () => random() - 0.5);
		tensors.push({ name, shape, typeId: 0, offsetBytes });
		pieces.push(Buffer.from(weights.buffer));
		offsetBytes += weights.byteLength;
	}
	writeFileSync(
		file,
		writeGguf({
			metadata: {
				"general.architecture": { type: "string", value: architecture },
				[`${architecture}.block_count`]: uint32(layers),
				[`${architecture}.context_length`]: uint32(2048),
				[`${architecture}.embedding_length`]: uint32(width),
				...Object.fromEntries(
					Object.entries(hyperparameters[architecture]).map(([key, value]) => [
						`${architecture}.${key}`,
						value,
					]),
				),
				...(tokenizer ?? (await builtInTokenizer())),
				"headroom.fim.order": { type: "string", value: fimOrder },
			},
			tensors,
			data: Buffer.concat(pieces),
		}),
	);
}

/** Of SentencePiece, as older models have it: it puts a space before each text. Letters, and the special tokens of Mistral's template. */
export function sentencePieceTokenizer(): Record<string, WritableValue> {
	const [unknown, control, normal, byte] = [2, 3, 1, 6];
	const entries: readonly (readonly [text: string, type: number])[] = [
		["<unk>", unknown],
		...["<s>", "</s>", "[INST]", "[/INST]"].map(
			(text) => [text, control] as const,
		),
		...Array.from(
			{ length: 256 },
			(_, value) =>
				[
					`<0x${value.toString(16).toUpperCase().padStart(2, "0")}>`,
					byte,
				] as const,
		),
		...[..."▁abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ[]/.?"].map(
			(text) => [text, normal] as const,
		),
		["▁▁", normal],
		["▁a", normal],
	];
	const rest = Array.from(
		{ length: vocabulary - entries.length },
		(_, index) => [`unused ${index}`, normal] as const,
	);
	const all = [...entries, ...rest];
	return {
		"tokenizer.ggml.model": { type: "string", value: "llama" },
		"tokenizer.ggml.tokens": {
			type: "strings",
			value: all.map(([text]) => text),
		},
		"tokenizer.ggml.token_type": {
			type: "int32s",
			value: all.map(([, type]) => type),
		},
		"tokenizer.ggml.scores": {
			type: "float32s",
			value: all.map((_, index) => -index),
		},
		"tokenizer.ggml.bos_token_id": uint32(1),
		"tokenizer.ggml.eos_token_id": uint32(2),
		"tokenizer.ggml.unknown_token_id": uint32(0),
		"tokenizer.ggml.add_bos_token": { type: "bool", value: true },
	};
}

/** The keys and values of its tokenizer. */
export async function builtInTokenizer(): Promise<
	Record<string, WritableValue>
> {
	const { metadata } = await readGgufFileInfo(builtInModel);
	const copied: Record<string, WritableValue> = {};
	for (const [key, value] of Object.entries(metadata.tokenizer?.ggml ?? {})) {
		const name = `tokenizer.ggml.${key}`;
		if (typeof value === "string") copied[name] = { type: "string", value };
		else if (typeof value === "boolean") copied[name] = { type: "bool", value };
		else if (typeof value === "number") copied[name] = uint32(value);
		else if (key === "token_type")
			copied[name] = { type: "int32s", value: value as number[] };
		else if (Array.isArray(value))
			copied[name] = { type: "strings", value: value.map(String) };
	}
	return copied;
}
