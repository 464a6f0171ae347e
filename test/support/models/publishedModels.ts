/** Published code models, as their configurations describe them. For tests alone: what is priced for a user comes from the file's own header. */

import type { PublishedModel } from "../../../src/memory/shape/quantization.ts";

interface Options {
	readonly context?: number;
	readonly tied?: boolean;
	readonly matrices?: 2 | 3;
	readonly experts?: readonly [count: number, used: number];
}

function model(
	[layers, embeddingWidth, heads, kvHeads, headDimension]: readonly [
		number,
		number,
		number,
		number,
		number,
	],
	feedForwardWidth: number,
	vocabularySize: number,
	{ context = 32_768, tied = false, matrices = 3, experts }: Options = {},
): PublishedModel {
	return {
		layers,
		embeddingWidth,
		heads,
		kvHeads,
		headDimension,
		feedForwardWidth,
		feedForwardMatrices: matrices,
		vocabularySize,
		tiedEmbedding: tied,
		experts: experts?.[0] ?? 0,
		expertsUsed: experts?.[1] ?? 0,
		trainedContextWindow: context,
	};
}

/** Layers, width, heads, KV heads and head dimension; then feed-forward width and vocabulary. */
export const publishedModels = {
	"Qwen2.5-Coder-0.5B": model([24, 896, 14, 2, 64], 4864, 151_936, {
		tied: true,
	}),
	"Qwen2.5-Coder-1.5B": model([28, 1536, 12, 2, 128], 8960, 151_936, {
		tied: true,
	}),
	"Qwen2.5-Coder-3B": model([36, 2048, 16, 2, 128], 11_008, 151_936, {
		tied: true,
	}),
	"Qwen2.5-Coder-7B": model([28, 3584, 28, 4, 128], 18_944, 152_064),
	"Qwen2.5-Coder-14B": model([48, 5120, 40, 8, 128], 13_824, 152_064),
	"Qwen2.5-Coder-32B": model([64, 5120, 40, 8, 128], 27_648, 152_064),
	"Qwen3-Coder-30B-A3B": model([48, 2048, 32, 4, 128], 768, 151_936, {
		context: 262_144,
		experts: [128, 8],
	}),
	"Seed-Coder-8B": model([32, 4096, 32, 8, 128], 14_336, 155_136),
	"Codestral-22B": model([56, 6144, 48, 8, 128], 16_384, 32_768),
	"Mellum-4b": model([30, 3072, 24, 24, 128], 8256, 49_152, { context: 8192 }),
	"StarCoder2-3B": model([30, 3072, 24, 2, 128], 12_288, 49_152, {
		tied: true,
		matrices: 2,
		context: 16_384,
	}),
	"StarCoder2-7B": model([32, 4608, 36, 4, 128], 18_432, 49_152, {
		matrices: 2,
		context: 16_384,
	}),
	"CodeLlama-7B": model([32, 4096, 32, 32, 128], 11_008, 32_016, {
		context: 16_384,
	}),
	"DeepSeek-Coder-1.3B": model([24, 2048, 16, 16, 128], 5504, 32_256, {
		context: 16_384,
	}),
	"DeepSeek-Coder-6.7B": model([32, 4096, 32, 32, 128], 11_008, 32_256, {
		context: 16_384,
	}),
	"Granite-4.0-micro": model([40, 2560, 40, 8, 64], 8192, 100_352, {
		tied: true,
		context: 131_072,
	}),
	"Llama-3-8B": model([32, 4096, 32, 8, 128], 14_336, 128_256, {
		context: 8192,
	}),
	"Qwen3-0.6B": model([28, 1024, 16, 8, 128], 3072, 151_936, { tied: true }),
	"Qwen3-8B": model([36, 4096, 32, 8, 128], 12_288, 151_936),
} as const satisfies Readonly<Record<string, PublishedModel>>;

export type PublishedName = keyof typeof publishedModels;
