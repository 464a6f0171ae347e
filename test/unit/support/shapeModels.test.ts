import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { readModelFile } from "../../../src/models/header/modelFile.ts";
import {
	firstLayers,
	type ModelShape,
	parameterCount,
	type Quantization,
	quantizations,
	shapeNamed,
	shapes,
	weightBytes,
	writeShapeModel,
} from "../../support/models/shapeModels.ts";

describe("shape models", () => {
	let folder = "";
	before(() => {
		folder = mkdtempSync(path.join(os.tmpdir(), "headroom-shapes-"));
	});
	after(() => rmSync(folder, { recursive: true }));

	async function write(shape: ModelShape, quantization: Quantization) {
		const file = path.join(folder, "shape.gguf");
		const fileBytes = await writeShapeModel(file, shape, quantization);
		const read = readModelFile(file);
		assert.ok(read.ok, JSON.stringify(read));
		const { description } = read.value;
		return { file, fileBytes, description };
	}

	for (const shape of shapes)
		it(`${shape.name} is a model file of the published size, without its room on disk`, async () => {
			const { file, fileBytes, description } = await write(shape, "Q4_K_M");

			const stat = statSync(file);
			assert.equal(stat.size, fileBytes);
			assert.ok(stat.blocks * 512 < 16e6, `${stat.blocks * 512} bytes on disk`);
			assert.equal(description.architecture, shape.architecture);
			assert.equal(description.parameterCount, parameterCount(shape));
			assert.equal(description.trainedContextWindow, shape.contextWindow);
			near(description.parameterCount, shape.parameters, 0.01);

			const headerBytes = fileBytes - weightBytes(shape, "Q4_K_M");
			for (const [quantization, gigabytes] of publishedSizes(shape))
				near(
					headerBytes + weightBytes(shape, quantization),
					gigabytes * 1e9,
					0.02,
				);
		});

	const prevailing: readonly (readonly [Quantization, string])[] = [
		["Q4_0", "Q4_0"],
		["Q4_K_M", "Q4_K"],
		["Q5_K_M", "Q5_K"],
		["Q6_K", "Q6_K"],
		["Q8_0", "Q8_0"],
		["F16", "F16"],
	];
	for (const [quantization, type] of prevailing)
		it(`${quantization} is mostly ${type}`, async () => {
			const shape = shapeNamed("Qwen2.5-Coder-7B");
			const { description } = await write(shape, quantization);
			assert.equal(description.quantization, type);
		});

	it("has a size for every quantization, in their order", () => {
		const sizes = quantizations.map((it) =>
			weightBytes(shapeNamed("CodeLlama-7B"), it),
		);
		assert.deepEqual(
			sizes,
			[...sizes].sort((a, b) => a - b),
		);
	});

	it("takes types with short blocks where rows are no multiple of 256", async () => {
		const { description } = await write(
			shapeNamed("Qwen2.5-Coder-0.5B"),
			"Q4_K_M",
		);
		assert.equal(description.quantization, "Q5_0");
	});

	it("cuts a model to its first layers and leaves the rest as it is", () => {
		const shape = shapeNamed("Granite-4.0-h-tiny");
		const cut = firstLayers(shape, 8);
		assert.deepEqual(cut.recurrent?.attentionLayers, [5]);
		const perLayer =
			parameterCount(firstLayers(shape, 9)) - parameterCount(cut);
		assert.equal(
			parameterCount(firstLayers(shape, 10)),
			parameterCount(cut) + 2 * perLayer,
		);
	});
});

function publishedSizes(
	shape: ModelShape,
): readonly (readonly [Quantization, number])[] {
	return quantizations.flatMap((quantization) => {
		const gigabytes = shape.publishedGigabytes[quantization];
		return gigabytes === undefined ? [] : [[quantization, gigabytes] as const];
	});
}

function near(actual: number, expected: number, tolerance: number): void {
	assert.ok(
		Math.abs(actual / expected - 1) < tolerance,
		`${actual} is not near ${expected}`,
	);
}
