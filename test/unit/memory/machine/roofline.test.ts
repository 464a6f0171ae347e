import assert from "node:assert/strict";
import { bandwidthOfDevice } from "../../../../src/memory/machine/bandwidths.ts";
import { bandwidthOf } from "../../../../src/memory/machine/devices.ts";
import {
	type DecodeStep,
	efficiencyOf,
	predictDecode,
	withMeasurement,
} from "../../../../src/memory/machine/roofline.ts";
import { readBytes } from "../../../../src/memory/plan/modelCost.ts";
import {
	type Mix,
	shapeInMix,
} from "../../../../src/memory/shape/quantization.ts";
import type { Device } from "../../../../src/protocol/device.ts";
import {
	type PublishedName,
	publishedModels,
} from "../../../support/models/publishedModels.ts";
import { seededRandom } from "../../../support/seededRandom.ts";

const gpu = (name: string): Device => ({
	id: "gpu",
	name,
	kind: "discrete",
	totalBytes: 24 * 2 ** 30,
	freeBytes: 23 * 2 ** 30,
});

function step(
	device: Device,
	name: PublishedName,
	mix: Mix,
	depth: number,
): DecodeStep {
	const shape = shapeInMix(publishedModels[name], mix);
	return {
		bytesRead: readBytes(shape, depth, "f16"),
		layers: shape.layers.length,
		mixtureOfExperts: shape.experts > 0,
		bandwidthBytesPerSecond: bandwidthOf(device).bytesPerSecond,
		efficiency: efficiencyOf(device),
	};
}

describe("predictDecode", () => {
	/** What others measured with llama.cpp's CUDA builds of 2025 and 2026. */
	const measured: readonly (readonly [
		gpu: string,
		model: PublishedName,
		mix: Mix,
		depth: number,
		tokensPerSecond: number,
	])[] = [
		["NVIDIA GeForce RTX 5090", "Qwen3-8B", "Q4_K_M", 0, 227],
		["NVIDIA GeForce RTX 4070", "Qwen2.5-Coder-7B", "Q8_0", 4096, 53.2],
		["NVIDIA GeForce RTX 4070", "Qwen2.5-Coder-7B", "Q8_0", 32_768, 40.8],
		["NVIDIA GeForce RTX 3080", "Qwen2.5-Coder-7B", "Q4_K_M", 0, 140.8],
		["NVIDIA GeForce RTX 3060", "Qwen2.5-Coder-0.5B", "Q8_0", 0, 401],
		["NVIDIA GeForce RTX 3060", "Qwen3-0.6B", "Q8_0", 512, 323],
		["NVIDIA GeForce RTX 3060", "Qwen3-0.6B", "Q8_0", 8192, 174],
	];
	for (const [name, model, mix, depth, tokensPerSecond] of measured)
		it(`${name}, ${model} ${mix} at ${depth}: ${tokensPerSecond} within 13 %`, () => {
			const predicted = predictDecode([step(gpu(name), model, mix, depth)]);
			assert.ok(
				Math.abs(predicted.tokensPerSecond / tokensPerSecond - 1) < 0.13,
				`${predicted.tokensPerSecond}`,
			);
		});

	/** Of the same formula, computed elsewhere, at 4k: ceiling and prediction. */
	const tabled: readonly (readonly [string, PublishedName, number, number])[] =
		[
			["RTX 4060", "Qwen2.5-Coder-7B", 59, 50],
			["RTX 3060", "Qwen2.5-Coder-14B", 39, 32],
			["RTX 4090", "Qwen2.5-Coder-0.5B", 2280, 638],
			["RTX 4090", "Qwen2.5-Coder-14B", 108, 80],
			["RTX 4090", "Qwen2.5-Coder-32B", 49, 39],
			["RTX 5090", "Qwen2.5-Coder-3B", 864, 344],
		];
	for (const [name, model, ceiling, prediction] of tabled)
		it(`${name}, ${model}: ${prediction} of at most ${ceiling}, within 3 %`, () => {
			const speed = predictDecode([
				step(gpu(`NVIDIA GeForce ${name}`), model, "Q4_K_M", 4096),
			]);
			assert.ok(
				Math.abs(speed.ceilingTokensPerSecond / ceiling - 1) < 0.03,
				`${speed.ceilingTokensPerSecond}`,
			);
			assert.ok(
				Math.abs(speed.tokensPerSecond / prediction - 1) < 0.03,
				`${speed.tokensPerSecond}`,
			);
		});

	it("adds the times of two devices, so that two cards are no faster than one", () => {
		const one = step(gpu("RTX 3090"), "Qwen2.5-Coder-7B", "Q4_K_M", 0);
		const half = { ...one, bytesRead: one.bytesRead / 2, layers: 14 };
		assert.ok(
			Math.abs(
				predictDecode([half, half]).tokensPerSecond -
					predictDecode([one]).tokensPerSecond,
			) < 1e-6,
		);
	});

	it("is never above the ceiling, whatever the efficiency", () => {
		const random = seededRandom(3);
		for (let i = 0; i < 1000; i++) {
			const steps = Array.from(
				{ length: 1 + Math.floor(random() * 3) },
				() => ({
					bytesRead: random() * 1e11,
					layers: Math.floor(random() * 80),
					mixtureOfExperts: random() < 0.5,
					bandwidthBytesPerSecond: 1e9 + random() * 2e12,
					efficiency: {
						bandwidthShare: 0.05 + random() * 2,
						secondsPerLayer: random() * 1e-4,
						secondsPerMoeLayer: random() * 1e-3,
					},
				}),
			);
			const { tokensPerSecond, ceilingTokensPerSecond } = predictDecode(steps);
			assert.ok(tokensPerSecond <= ceilingTokensPerSecond * (1 + 1e-12));
		}
	});
});

describe("withMeasurement", () => {
	const device = gpu("AMD Radeon RX 7900 XTX (RADV NAVI31)");
	const before = step(device, "Qwen2.5-Coder-7B", "Q4_K_M", 0);

	for (const tokensPerSecond of [20, 60, 100, 150])
		it(`predicts the ${tokensPerSecond} tokens per second that were measured`, () => {
			const after = withMeasurement(device, { ...before, tokensPerSecond });
			const predicted = predictDecode([
				step(after, "Qwen2.5-Coder-7B", "Q4_K_M", 0),
			]);
			assert.ok(
				Math.abs(predicted.tokensPerSecond / tokensPerSecond - 1) < 1e-9,
				`${predicted.tokensPerSecond}`,
			);
		});

	it("corrects the bandwidth if a model exceeded it", () => {
		const ceiling = predictDecode([before]).ceilingTokensPerSecond;
		const after = withMeasurement(device, {
			...before,
			tokensPerSecond: ceiling * 1.2,
		});
		assert.ok(
			Math.abs(bandwidthOf(after).bytesPerSecond / (960e9 * 1.2) - 1) < 1e-9,
		);
		assert.equal(bandwidthOf(after).source, "measured");
	});
});

describe("bandwidthOfDevice", () => {
	const cases: readonly (readonly [string, number | undefined])[] = [
		["NVIDIA GeForce RTX 4090", 1008],
		["NVIDIA GeForce RTX 4070 Ti SUPER", 672],
		["NVIDIA GeForce RTX 4070 SUPER", 504],
		["NVIDIA GeForce RTX 3060 Ti", 448],
		["NVIDIA GeForce GTX 1660 SUPER", 336],
		["NVIDIA A100-SXM4-80GB", 2039],
		["NVIDIA A100-PCIE-40GB", 1555],
		["NVIDIA H100 PCIe", 2039],
		["NVIDIA H100 80GB HBM3", 3350],
		["NVIDIA RTX A6000", 768],
		["NVIDIA RTX 6000 Ada Generation", 960],
		["AMD Radeon RX 7900 XTX (RADV NAVI31)", 960],
		["AMD Radeon RX 7900 XT", 800],
		["AMD Radeon 780M Graphics (RADV PHOENIX)", 90],
		["Intel(R) Arc(TM) Pro B70 Graphics", 608],
		["Apple M2 Max", 400],
		["Apple M2", 100],
		["Apple M3 Max", 300],
		["Apple M9", undefined],
		["NVIDIA GeForce RTX 4090 Laptop GPU", undefined],
		["NVIDIA GeForce RTX 2080 with Max-Q Design", undefined],
		["llvmpipe (LLVM 15.0.7, 256 bits)", undefined],
		["", undefined],
	];
	for (const [name, gigabytes] of cases)
		it(`${name || "nothing"}: ${gigabytes ?? "unknown"}`, () =>
			assert.equal(
				bandwidthOfDevice(name),
				gigabytes === undefined ? undefined : gigabytes * 1e9,
			));
});
