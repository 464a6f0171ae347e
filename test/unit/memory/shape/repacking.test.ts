/** Weights on CPUs that keep some types in an order of their own, held against what llama.cpp allocated for real headers. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { type Plan, planFor } from "../../../../src/memory/plan/plan.ts";
import { repackedBytes } from "../../../../src/memory/shape/repacking.ts";
import { readModelFile } from "../../../../src/models/header/modelFile.ts";
import type { Device, Repacking } from "../../../../src/protocol/device.ts";
import {
	firstLayers,
	type Quantization,
	shapes,
	writeShapeModel,
} from "../../../support/models/shapeModels.ts";

const gib = 2 ** 30;

describe("weights on a CPU", () => {
	const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-repacking-"));
	after(() => rmSync(folder, { recursive: true }));

	async function planOn(
		name: string,
		quantization: Quantization,
		repacking: Repacking,
		layers = 100,
	): Promise<Plan> {
		const whole = shapes.find((it) => it.name === name);
		assert.ok(whole, name);
		const file = path.join(folder, "model.gguf");
		await writeShapeModel(
			file,
			layers < whole.layers ? firstLayers(whole, layers) : whole,
			quantization,
		);
		const read = readModelFile(file);
		assert.ok(read.ok && read.value.shape.ok, name);
		const cpu: Device = {
			id: "cpu",
			name: "CPU",
			kind: "cpu",
			totalBytes: 64 * gib,
			freeBytes: 64 * gib,
			repacking,
		};
		return planFor({
			model: { name, quantization, shape: read.value.shape.value },
			placement: { gpus: [], host: cpu },
			contextWindow: 2048,
			sequences: 1,
			batchTokens: 128,
			kvType: "f16",
		});
	}

	/** As llama.cpp told of its model buffers, for files read and not mapped. */
	const measured: readonly (readonly [
		name: string,
		quantization: Quantization,
		allocatedBytes: number,
		layers?: number,
	])[] = [
		["Qwen2.5-Coder-0.5B", "Q8_0", 731_508_224],
		["Qwen2.5-Coder-0.5B", "Q4_0", 507_866_624],
		["Qwen2.5-Coder-0.5B", "F16", 1_260_477_952],
		["Qwen2.5-Coder-1.5B", "Q4_K_M", 1_188_912_128],
		["Qwen3-Coder-30B-A3B", "Q4_K_M", 1_185_882_112, 2],
	];
	for (const [name, quantization, allocatedBytes, layers] of measured)
		it(`${name} ${quantization} with AMX: ${allocatedBytes} bytes within 0.1 %`, async () => {
			const plan = await planOn(name, quantization, "amx", layers);
			const predicted = plan.devices[0]?.bytes.weights ?? 0;
			assert.ok(
				Math.abs(predicted / allocatedBytes - 1) < 0.001,
				`${predicted}`,
			);
			assert.equal(plan.mapsFile, false);
		});

	it("are mapped where the CPU uses them as they are", async () => {
		const plain = await planOn("Qwen2.5-Coder-0.5B", "Q8_0", "x86");
		assert.equal(plain.mapsFile, true);
		const moved = await planOn("Qwen2.5-Coder-0.5B", "Q8_0", "arm");
		assert.equal(moved.mapsFile, false);
	});

	it("hold a tied embedding once more where it is repacked as the head", async () => {
		const [plain, moved] = [
			await planOn("Qwen2.5-Coder-0.5B", "Q8_0", "none"),
			await planOn("Qwen2.5-Coder-0.5B", "Q8_0", "arm"),
		].map(({ devices }) => devices[0]?.bytes.weights ?? 0);
		assert.ok(plain !== undefined && moved !== undefined);
		const { embedding } = (await planOn("Qwen2.5-Coder-0.5B", "Q8_0", "none"))
			.request.model.shape;
		assert.equal(moved - plain, embedding.bytes);
	});
});

describe("repackedBytes", () => {
	const matrix = { bytes: 1440, blockBytes: 144, rows: 64, areExperts: false };

	it("falls back to the rules of x86 for what AMX does not repack", () => {
		const experts = { ...matrix, type: "Q4_K", areExperts: true };
		assert.equal(repackedBytes("amx", experts), 1440);
		assert.equal(repackedBytes("amx", { ...experts, areExperts: false }), 1480);
	});

	it("leaves rows alone that do not fill its tiles", () => {
		const odd = { ...matrix, type: "Q4_K", rows: 12 };
		assert.equal(repackedBytes("x86", odd), undefined);
		assert.equal(repackedBytes("amx", { ...odd, rows: 8 }), 1440);
	});

	it("leaves types alone that it has no kernels for", () => {
		for (const type of ["F32", "BF16", "IQ2_XXS"])
			assert.equal(repackedBytes("amx", { ...matrix, type }), undefined);
	});
});
