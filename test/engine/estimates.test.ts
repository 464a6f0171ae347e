/** Compares our formulas, which need no model file, with the library's simulation of a load. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import {
	GgmlType,
	GgufInsights,
	getLlama,
	LlamaLogLevel,
	readGgufFileInfo,
} from "node-llama-cpp";
import { planFor } from "../../src/memory/plan/plan.ts";
import { readModelFile } from "../../src/models/header/modelFile.ts";
import type { Device } from "../../src/protocol/device.ts";
import { disposeBounded } from "../support/models/disposals.ts";
import {
	firstLayers,
	shapeNamed,
	writeShapeModel,
} from "../support/models/shapeModels.ts";

const mib = 2 ** 20;

/** One for each kind of attention and memory. */
const models: readonly (readonly [name: string, layers: number])[] = [
	["Qwen2.5-Coder-1.5B", 28],
	["Qwen3-Coder-30B-A3B", 4],
	["StarCoder2-3B", 30],
	["Gemma-3-1B", 26],
	["Granite-4.0-h-350m", 32],
	["CodeLlama-7B", 8],
	["DeepSeek-Coder-V2-Lite", 3],
	["Mellum-4b", 30],
];

describe("our formulas beside the library's simulation", () => {
	const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-"));
	const file = path.join(folder, "model.gguf");
	after(() => rmSync(folder, { recursive: true }));

	/** The simulation ignores repacking, so this does too. */
	const cpu: Device = {
		id: "cpu",
		name: "CPU",
		kind: "cpu",
		totalBytes: 2 ** 40,
		freeBytes: 2 ** 40,
		repacking: "none",
	};

	for (const [name, layers] of models)
		it(`${name}: weights within 0.5 %, a context within 3 % or some megabytes`, async () => {
			const whole = shapeNamed(name);
			await writeShapeModel(
				file,
				layers < whole.layers ? firstLayers(whole, layers) : whole,
				"Q4_K_M",
			);
			const read = readModelFile(file);
			assert.ok(read.ok && read.value.shape.ok);
			const model = { name, quantization: "", shape: read.value.shape.value };
			const llama = await getLlama({
				gpu: false,
				build: "never",
				skipDownload: true,
				progressLogs: false,
				logLevel: LlamaLogLevel.error,
			});
			const insights = await GgufInsights.from(
				await readGgufFileInfo(file, { sourceType: "filesystem" }),
				llama,
			);
			const { cpuRam } = await insights.estimateModelResourceRequirementsV2({
				gpuLayers: 0,
			});
			const hasFlashAttention = model.shape.scoredHeads === 0;
			for (const kvType of hasFlashAttention
				? (["f16", "q8_0"] as const)
				: (["f16"] as const))
				for (const contextWindow of [2048, 8192]) {
					const context = { contextWindow, sequences: 3, batchTokens: 128 };
					const plan = planFor({
						model,
						placement: { gpus: [], host: cpu },
						...context,
						kvType,
					});
					const { weights, kvCache, computeBuffer } =
						plan.holders[0]?.bytes ?? assert.fail();
					within(weights, cpuRam, Math.max(cpuRam * 0.005, mib), "weights");
					const type = GgmlType[kvType === "f16" ? "F16" : "Q8_0"];
					const simulated =
						await insights.estimateContextResourceRequirementsV2({
							contextSize: contextWindow,
							sequences: 3,
							batchSize: 128,
							modelGpuLayers: 0,
							// As in the contexts that the library creates.
							flashAttention: hasFlashAttention ? "auto" : false,
							kvCacheKeyType: type,
							kvCacheValueType: type,
						});
					within(
						kvCache + computeBuffer,
						simulated.cpuRam,
						// Without flash attention our estimate is an upper bound.
						Math.max(
							simulated.cpuRam * 0.03,
							(hasFlashAttention ? 8 : 64) * mib,
						),
						`context of ${contextWindow} ${kvType}`,
					);
				}
			await disposeBounded(llama);
		});
});

function within(ours: number, theirs: number, tolerance: number, what: string) {
	assert.ok(
		Math.abs(ours - theirs) <= tolerance,
		`${what}: ours ${(ours / mib).toFixed(1)} MiB, simulated ${(theirs / mib).toFixed(1)} MiB`,
	);
}
