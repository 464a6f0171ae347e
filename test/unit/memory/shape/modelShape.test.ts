import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import {
	type GgufHeader,
	type GgufTensor,
	type GgufValue,
	readGgufHeader,
} from "../../../../src/gguf/ggufHeader.ts";
import { kvCacheBytes } from "../../../../src/memory/plan/modelCost.ts";
import type { Attention } from "../../../../src/memory/shape/attention.ts";
import type { ShapeProblem } from "../../../../src/memory/shape/headerKeys.ts";
import {
	type ModelShape,
	shapeOf,
} from "../../../../src/memory/shape/modelShape.ts";
import { shapeInMix } from "../../../../src/memory/shape/quantization.ts";
import { publishedModels } from "../../../support/models/publishedModels.ts";
import { seededRandom } from "../../../support/seededRandom.ts";

const f32 = 0;
const q8 = 8;
const q4K = 12;

type Metadata = Readonly<Record<string, GgufValue>>;
type TensorRow = readonly [
	name: string,
	shape: readonly number[],
	typeId?: number,
];

function headerOf(
	metadata: Metadata,
	tensors: readonly TensorRow[],
): GgufHeader {
	return {
		version: 3,
		metadata: new Map(Object.entries(metadata)),
		tensors: tensors.map(
			([name, shape, typeId = q8]): GgufTensor => ({
				name,
				shape,
				typeId,
				offsetBytes: 0,
			}),
		),
		dataOffsetBytes: 0,
		expectedFileBytes: 0,
	};
}

function shape(header: GgufHeader): ModelShape {
	const result = shapeOf(header);
	assert.ok(result.ok, JSON.stringify(result));
	return result.value;
}

function problem(header: GgufHeader): ShapeProblem {
	const result = shapeOf(header);
	assert.ok(!result.ok, "a problem was expected");
	return result.error;
}

const embedding: TensorRow = ["token_embd.weight", [256, 1000]];
const attentionOf = (layer: number): TensorRow => [
	`blk.${layer}.attn_k.weight`,
	[256, 64],
];
const layersOf = (count: number): TensorRow[] =>
	Array.from({ length: count }, (_, i) => attentionOf(i));

/** A model of 256 wide with 4 heads, 2 of them for keys, changed as said. */
function small(
	architecture: string,
	changed: Metadata = {},
	tensors: readonly TensorRow[] = layersOf(6),
	layers = 6,
): GgufHeader {
	const own = Object.entries({
		block_count: layers,
		embedding_length: 256,
		feed_forward_length: 512,
		context_length: 8192,
		"attention.head_count": 4,
		"attention.head_count_kv": 2,
		...changed,
	});
	return headerOf(
		{
			"general.architecture": architecture,
			...Object.fromEntries(
				own.map(([key, value]) => [`${architecture}.${key}`, value]),
			),
		},
		[embedding, ...tensors],
	);
}

const full: Attention = { kind: "full", keyElements: 128, valueElements: 128 };
const kinds = (header: GgufHeader) =>
	shape(header).layers.map(({ attention }) => attention.kind);
const slides = (header: GgufHeader) =>
	kinds(header)
		.map((kind) => (kind === "slidingWindow" ? "s" : "f"))
		.join("");

describe("shapeOf", () => {
	it("adds up tensors by where llama.cpp puts them, and a tied head twice", () => {
		const { layers, input, head, tiedEmbedding, parameterCount } = shape(
			small(
				"qwen2",
				{},
				[
					attentionOf(0),
					["blk.0.ffn_up.weight", [256, 512], q4K],
					["blk.0.attn_norm.weight", [256], f32],
					["output_norm.weight", [256], f32],
				],
				1,
			),
		);
		const q8Bytes = (elements: number) => (elements * 34) / 32;
		assert.deepEqual(layers, [
			{
				weights: {
					bytes: q8Bytes(256 * 64) + 512 * 144 + 1024,
					repacked: {
						x86: { fileBytes: 512 * 144, copyBytes: 512 * 144 },
						arm: {
							fileBytes: q8Bytes(256 * 64) + 512 * 144,
							copyBytes: q8Bytes(256 * 64) + 512 * 144,
						},
						amx: {
							fileBytes: q8Bytes(256 * 64) + 512 * 144,
							copyBytes: (256 * 64 * 38) / 32 + 512 * 148,
						},
					},
				},
				largestTensorBytes: 512 * 144,
				expertBytes: 0,
				attention: full,
				recurrentStateBytes: 0,
			},
		]);
		assert.equal(input.bytes, q8Bytes(256_000));
		assert.equal(head.bytes, q8Bytes(256_000) + 1024);
		assert.equal(tiedEmbedding, true);
		assert.equal(parameterCount, 256_000 + 256 * (64 + 512 + 2));
	});

	it("separates the head if the file has one", () => {
		const { head, tiedEmbedding } = shape(
			small("qwen2", {}, [...layersOf(6), ["output.weight", [256, 1000], q4K]]),
		);
		assert.equal(tiedEmbedding, false);
		assert.equal(head.bytes, 1000 * 144);
		assert.equal(head.repacked.x86.copyBytes, 1000 * 144);
	});

	it("counts experts, and what a token uses of them", () => {
		const { experts, expertsUsed, feedForwardWidth, layers } = shape(
			small(
				"qwen3moe",
				{
					expert_count: 8,
					expert_used_count: 2,
					expert_feed_forward_length: 64,
				},
				[
					attentionOf(0),
					["blk.0.ffn_gate_exps.weight", [256, 64, 8]],
					["blk.0.ffn_gate_inp.weight", [256, 8], f32],
					["blk.0.ffn_up_shexp.weight", [256, 64]],
				],
				1,
			),
		);
		assert.deepEqual([experts, expertsUsed, feedForwardWidth], [8, 2, 128]);
		assert.equal(layers[0]?.expertBytes, (256 * 64 * 8 * 34) / 32);
	});

	it("reads heads that differ from layer to layer", () => {
		const { layers } = shape(
			small(
				"openelm",
				{
					"attention.head_count": [4, 8],
					"attention.head_count_kv": [1, 2],
					"attention.key_length": 96,
				},
				layersOf(2),
				2,
			),
		);
		assert.deepEqual(
			layers.map(({ attention }) => attention),
			[
				{ kind: "full", keyElements: 96, valueElements: 64 },
				{ kind: "full", keyElements: 192, valueElements: 64 },
			],
		);
	});

	describe("sliding windows", () => {
		const window = { "attention.sliding_window": 512 };
		const cases: readonly (readonly [string, GgufHeader, string])[] = [
			["gemma3: the sixth is full", small("gemma3", window), "sssssf"],
			["gemma2: every second is full", small("gemma2", window), "sfsfsf"],
			["cohere2: every fourth is full", small("cohere2", window), "sssfss"],
			[
				"smallthinker: the first of four",
				small("smallthinker", window),
				"fsssfs",
			],
			["starcoder2: llama.cpp has none", small("starcoder2", window), "ffffff"],
			["an unknown architecture: none", small("newarch", window), "ffffff"],
			[
				"a period in the file",
				small("newarch", { ...window, "attention.sliding_window_pattern": 3 }),
				"ssfssf",
			],
			[
				"a list in the file",
				small("newarch", {
					...window,
					"attention.sliding_window_pattern": [true, false],
				}),
				"sfsfsf",
			],
			["no window", small("gemma3"), "ffffff"],
		];
		for (const [what, header, expected] of cases)
			it(what, () => assert.equal(slides(header), expected));

		it("notes the assumption that no layer slides", () => {
			assert.equal(shape(small("newarch", window)).notes.length, 1);
			assert.deepEqual(shape(small("gemma3", window)).notes, []);
			assert.deepEqual(shape(small("starcoder2", window)).notes, []);
		});
	});

	it("knows latent attention by the keys of files that cache the vector, and prices older ones by their heads", () => {
		const keys = {
			"attention.kv_lora_rank": 512,
			"rope.dimension_count": 64,
			"attention.key_length": 192,
			"attention.value_length": 128,
		};
		assert.deepEqual(
			shape(
				small("deepseek2", {
					...keys,
					"attention.head_count_kv": 1,
					"attention.key_length_mla": 192,
				}),
			).layers[0]?.attention,
			{ kind: "latent", kvLoraRank: 512, ropeDimensions: 64 },
		);
		assert.deepEqual(shape(small("deepseek2", keys)).layers[0]?.attention, {
			kind: "full",
			keyElements: 384,
			valueElements: 256,
		});
	});

	it("knows recurrent layers by their tensors, and what state they keep", () => {
		const { layers } = shape(
			small(
				"granitehybrid",
				{
					"attention.head_count_kv": [0, 2, 2],
					"ssm.conv_kernel": 4,
					"ssm.inner_size": 1024,
					"ssm.state_size": 128,
					"ssm.group_count": 1,
				},
				[
					["blk.0.ssm_in.weight", [256, 64]],
					attentionOf(1),
					attentionOf(2),
					["blk.2.ssm_in.weight", [256, 64]],
				],
				3,
			),
		);
		const state = (3 * (1024 + 256) + 128 * 1024) * 4;
		assert.deepEqual(
			layers.map((it) => [it.attention.kind, it.recurrentStateBytes]),
			[
				["none", state],
				["full", 0],
				// Falcon-H1 has both in every layer.
				["full", state],
			],
		);
	});

	it("gives no cache to layers that share another's", () => {
		assert.deepEqual(
			kinds(small("gemma4", { "attention.shared_kv_layers": 2 })),
			["full", "full", "full", "full", "none", "none"],
		);
	});

	it("agrees with the shape computed without a file", () => {
		const published = publishedModels["Qwen2.5-Coder-1.5B"];
		const { embeddingWidth: width, vocabularySize } = published;
		const kvWidth = published.kvHeads * published.headDimension;
		const header = headerOf(
			{
				"general.architecture": "qwen2",
				"qwen2.block_count": published.layers,
				"qwen2.embedding_length": width,
				"qwen2.feed_forward_length": published.feedForwardWidth,
				"qwen2.context_length": published.trainedContextWindow,
				"qwen2.attention.head_count": published.heads,
				"qwen2.attention.head_count_kv": published.kvHeads,
			},
			[
				["token_embd.weight", [width, vocabularySize]],
				["output_norm.weight", [width], f32],
				...Array.from({ length: published.layers }, (_, i): TensorRow[] => [
					[`blk.${i}.attn_norm.weight`, [width], f32],
					[`blk.${i}.ffn_norm.weight`, [width], f32],
					[`blk.${i}.attn_q.weight`, [width, width]],
					[`blk.${i}.attn_k.weight`, [width, kvWidth]],
					[`blk.${i}.attn_v.weight`, [width, kvWidth]],
					[`blk.${i}.attn_output.weight`, [width, width]],
					[`blk.${i}.ffn_gate.weight`, [width, published.feedForwardWidth]],
					[`blk.${i}.ffn_up.weight`, [width, published.feedForwardWidth]],
					[`blk.${i}.ffn_down.weight`, [published.feedForwardWidth, width]],
				]).flat(),
			],
		);
		const { parameterCount: read, ...fromFile } = shape(header);
		const { parameterCount: computed, ...before } = shapeInMix(
			published,
			"Q8_0",
		);
		assert.deepEqual(fromFile, before);
		assert.ok(Math.abs(read / computed - 1) < 0.001, "but for the norms");
	});

	it("reads the built-in model", () => {
		const bytes = readFileSync(
			path.resolve(
				import.meta.dirname,
				"../../../../media/models/headroom-7m-q8_0.gguf",
			),
		);
		const header = readGgufHeader({
			sizeBytes: bytes.length,
			read: (offset, length) => bytes.subarray(offset, offset + length),
		});
		assert.ok(header.ok);
		const it = shape(header.value);
		assert.ok(it.layers.length > 0 && it.vocabularySize > 0);
		assert.ok(
			kvCacheBytes(it, {
				contextWindow: 256,
				sequences: 1,
				batchTokens: 128,
				kvType: "f16",
			}) > 0,
		);
	});

	const broken: readonly (readonly [string, GgufHeader, key: string])[] = [
		["no architecture", headerOf({}, [embedding]), "general.architecture"],
		["no layers", small("qwen2", { block_count: 0 }), "qwen2.block_count"],
		[
			"a billion layers",
			small("qwen2", { block_count: 1e9 }),
			"qwen2.block_count",
		],
		["half a layer", small("qwen2", { block_count: 1.5 }), "qwen2.block_count"],
		[
			"a text for a number",
			small("qwen2", { embedding_length: "wide" }),
			"qwen2.embedding_length",
		],
		[
			"fewer heads than layers",
			small("qwen2", { "attention.head_count_kv": [2] }),
			"qwen2.attention.head_count_kv",
		],
		[
			"negative heads",
			small("qwen2", { "attention.head_count_kv": -2 }),
			"qwen2.attention.head_count_kv",
		],
		[
			"no heads",
			small("qwen2", { "attention.head_count": 0 }),
			"qwen2.attention.head_count",
		],
		[
			"more experts used than there are",
			small("qwen2", { expert_count: 4, expert_used_count: 8 }),
			"qwen2.expert_used_count",
		],
		[
			"more layers than it says",
			small("qwen2", {}, layersOf(7)),
			"blk.6.attn_k.weight",
		],
		[
			"weights in several files",
			headerOf(
				{ ...Object.fromEntries(small("qwen2").metadata), "split.count": 2 },
				layersOf(6),
			),
			"split.count",
		],
		[
			"a type from the future",
			small("qwen2", {}, [["blk.0.attn_k.weight", [256, 64], 250]]),
			"blk.0.attn_k.weight",
		],
		[
			"no embedding",
			headerOf(
				{
					"general.architecture": "a",
					"a.block_count": 1,
					"a.embedding_length": 8,
				},
				[],
			),
			"token_embd.weight",
		],
	];
	for (const [what, header, key] of broken)
		it(`names the key of ${what}`, () =>
			assert.equal(problem(header).key, key));

	it("never throws, whatever the metadata holds", () => {
		const random = seededRandom(7);
		const values: readonly GgufValue[] = [
			0,
			-1,
			1,
			3.5,
			1e12,
			Number.NaN,
			Number.POSITIVE_INFINITY,
			2n ** 60n,
			true,
			"x",
			[],
			[1, 2],
			[2n ** 60n],
			[true, false],
			{ strings: 3, startBytes: 0, endBytes: 24 },
		];
		const keys = [
			...small("gemma3").metadata.keys(),
			...[
				"attention.sliding_window",
				"attention.sliding_window_pattern",
				"attention.key_length",
				"attention.key_length_mla",
				"attention.shared_kv_layers",
				"expert_count",
			].map((key) => `gemma3.${key}`),
		];
		let good = 0;
		for (let i = 0; i < 3000; i++) {
			const metadata = new Map(small("gemma3").metadata);
			for (let j = 0; j < 2; j++) {
				const key = keys[Math.floor(random() * keys.length)] ?? "";
				metadata.set(key, values[Math.floor(random() * values.length)] ?? 0);
			}
			const result = shapeOf({ ...small("gemma3"), metadata });
			if (!result.ok) continue;
			good++;
			const bytes = kvCacheBytes(result.value, {
				contextWindow: 4096,
				sequences: 1,
				batchTokens: 128,
				kvType: "f16",
			});
			assert.ok(Number.isFinite(bytes) && bytes >= 0, `${bytes}`);
		}
		assert.ok(good > 100 && good < 2900, `${good}`);
	});
});
