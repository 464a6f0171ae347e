import assert from "node:assert/strict";
import { kvCacheBytes } from "../../../../src/memory/plan/modelCost.ts";
import {
	type Mix,
	shapeInMix,
	weightsFileBytes,
} from "../../../../src/memory/shape/quantization.ts";
import {
	type PublishedName,
	publishedModels,
} from "../../../support/models/publishedModels.ts";

/** Files as their hosts list them or as their makers count, in decimal GB. */
const files: readonly (readonly [
	name: PublishedName,
	sizes: Partial<Record<Mix, number>>,
	kvKibPerToken: number,
])[] = [
	[
		"Qwen2.5-Coder-0.5B",
		{ Q4_K_M: 0.39, Q5_K_M: 0.41, Q6_K: 0.5, Q8_0: 0.53 },
		12,
	],
	[
		"Qwen2.5-Coder-1.5B",
		{ Q4_K_M: 0.986, Q5_K_M: 1.12, Q6_K: 1.27, Q8_0: 1.65 },
		28,
	],
	[
		"Qwen2.5-Coder-3B",
		{ Q4_K_M: 1.93, Q5_K_M: 2.22, Q6_K: 2.54, Q8_0: 3.29 },
		36,
	],
	[
		"Qwen2.5-Coder-7B",
		{ Q4_K_M: 4.68, Q5_K_M: 5.44, Q6_K: 6.25, Q8_0: 8.09 },
		56,
	],
	[
		"Qwen2.5-Coder-14B",
		{ Q4_K_M: 8.99, Q5_K_M: 10.5, Q6_K: 12.1, Q8_0: 15.7 },
		192,
	],
	[
		"Qwen2.5-Coder-32B",
		{ Q4_K_M: 19.9, Q5_K_M: 23.3, Q6_K: 26.9, Q8_0: 34.8 },
		256,
	],
	[
		"Qwen3-Coder-30B-A3B",
		{ Q4_K_M: 18.6, Q5_K_M: 21.7, Q6_K: 25.1, Q8_0: 32.5 },
		96,
	],
	[
		"Seed-Coder-8B",
		{ Q4_K_M: 5.07, Q5_K_M: 5.89, Q6_K: 6.77, Q8_0: 8.77 },
		128,
	],
	[
		"Codestral-22B",
		{ Q4_K_M: 13.3, Q5_K_M: 15.7, Q6_K: 18.3, Q8_0: 23.6 },
		224,
	],
	// Its published width and layers give 3.7 billion parameters, and its files have 4.0: the one is wrong, and only the cache is checked.
	["Mellum-4b", {}, 360],
	["StarCoder2-3B", { Q4_K_M: 1.88, Q5_K_M: 2.18, Q6_K: 2.49, Q8_0: 3.22 }, 30],
	["StarCoder2-7B", { Q4_K_M: 4.58, Q5_K_M: 5.3, Q6_K: 6.07, Q8_0: 7.86 }, 64],
	["CodeLlama-7B", { Q4_K_M: 4.08, Q5_K_M: 4.78, Q6_K: 5.53, Q8_0: 7.16 }, 512],
	[
		"DeepSeek-Coder-1.3B",
		{ Q4_K_M: 0.87, Q5_K_M: 1.0, Q6_K: 1.17, Q8_0: 1.43 },
		192,
	],
	[
		"Granite-4.0-micro",
		{ Q4_K_M: 2.1, Q5_K_M: 2.43, Q6_K: 2.79, Q8_0: 3.62 },
		80,
	],
	["Llama-3-8B", { Q4_K_M: 4.92, F16: 16.06 }, 128],
];

describe("sizes of models without a file", () => {
	for (const [name, sizes, kvKib] of files) {
		for (const [mix, gigabytes] of Object.entries(sizes) as [Mix, number][])
			it(`${name} in ${mix} is ${gigabytes} GB within 1 %`, () => {
				const bytes = weightsFileBytes(shapeInMix(publishedModels[name], mix));
				// Half a unit of the last digit that is printed, besides: 0.39 stands for anything from 0.385.
				const decimals = String(gigabytes).split(".")[1]?.length ?? 0;
				const rounding = 0.5 / 10 ** decimals;
				assert.ok(
					Math.abs(bytes / 1e9 - gigabytes) <= gigabytes * 0.01 + rounding,
					`${bytes / 1e9}`,
				);
			});

		it(`${name} remembers ${kvKib} KiB per token`, () =>
			assert.equal(
				kvCacheBytes(shapeInMix(publishedModels[name], "Q4_K_M"), {
					contextWindow: 256,
					sequences: 1,
					batchTokens: 128,
					kvType: "f16",
				}) / 256,
				kvKib * 1024,
			));
	}
});
