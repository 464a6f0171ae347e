import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { readGgufHeader } from "../../../src/gguf/ggufHeader.ts";
import { readModelFile } from "../../../src/models/header/modelFile.ts";
import { bytesOf } from "../../support/models/ggufWriter.ts";
import { multiplyWeights } from "../../support/models/multiplyWeights.ts";
import { builtInModel } from "../../support/models/realEngine.ts";
import { writeSparseModel } from "../../support/models/sparseModel.ts";
import {
	type WideShape,
	widenModel,
	wideShapes,
} from "../../support/models/widenedModel.ts";

describe("widened models", () => {
	let folder = "";
	before(() => {
		folder = mkdtempSync(path.join(os.tmpdir(), "headroom-widened-"));
	});
	after(() => rmSync(folder, { recursive: true }));

	function widen(wide: WideShape): string {
		const file = path.join(folder, `${Object.values(wide).join("-")}.gguf`);
		widenModel(builtInModel, file, wide);
		return file;
	}

	const small = read(builtInModel);
	const usable = wideShapes["0.5B"];
	for (const [name, parameters] of [
		["0.5B", 0.5e9],
		["1.5B", 1.5e9],
	] as const)
		it(`${name} is what its name says, without the room on disk`, () => {
			const wide = wideShapes[name];
			const file = widen(wide);
			const { description, shape } = read(file);

			assert.ok(Math.abs(description.parameterCount / parameters - 1) < 0.05);
			assert.equal(shape.parameterCount, description.parameterCount);
			assert.equal(description.quantization, small.description.quantization);
			assert.equal(description.fimOrder, small.description.fimOrder);
			assert.equal(shape.embeddingWidth, wide.width);
			assert.equal(shape.feedForwardWidth, wide.feedForward);
			assert.equal(shape.vocabularySize, small.shape.vocabularySize);
			assert.equal(shape.tiedEmbedding, true);
			assert.equal(shape.layers.length, wide.layers);
			const headLength = 64;
			for (const { attention, weights } of shape.layers) {
				assert.deepEqual(attention, {
					kind: "full",
					keyElements: wide.kvHeads * headLength,
					valueElements: wide.kvHeads * headLength,
				});
				assert.equal(weights.bytes, shape.layers[0]?.weights.bytes);
			}

			const stat = statSync(file);
			assert.equal(stat.size, description.fileBytes);
			assert.ok(stat.blocks * 512 < stat.size / 10, `${stat.blocks} blocks`);
		});

	it("have the small one's weights in their corner, and zeros", () => {
		const narrow = readTensors(builtInModel);
		const wide = readTensors(
			widen({ ...usable, layers: 8, feedForward: 1024 }),
		);
		for (const [name, factor] of [
			["token_embd", 2],
			["blk.0.attn_norm", 1 / 2],
			["blk.1.attn_q", 1],
			["blk.2.attn_k", 1],
			["blk.3.attn_k_norm", 1],
			["blk.4.attn_output", 2],
			["blk.5.ffn_gate", 1],
			["blk.6.ffn_down", 2],
			["output_norm", 1 / 4],
		] as const) {
			const from = narrow(`${name}.weight`);
			const to = wide(`${name}.weight`);
			for (const [index, row] of to.rows.entries()) {
				const expected = Buffer.alloc(row.length);
				const original = from.rows[index];
				if (original)
					multiplyWeights(original, from.typeId, factor).copy(expected);
				assert.ok(row.equals(expected), `row ${index} of ${name}`);
			}
		}
		for (const name of ["attn_norm", "attn_output", "ffn_up", "ffn_down"])
			for (const row of wide(`blk.7.${name}.weight`).rows)
				assert.ok(row.equals(Buffer.alloc(row.length)), name);
	});

	for (const [what, wide, says] of [
		["would round", { ...usable, width: 2048 }, /power of four/],
		["lose a layer", { ...usable, layers: 6 }, /layers shrinks/],
		["mix up heads", { ...usable, kvHeads: 8 }, /head 2 would read/],
	] as const)
		it(`are not made where they ${what}`, () => {
			assert.throws(() => widen(wide), says);
		});

	it("are made from no other architecture", () => {
		const file = path.join(folder, "llama.gguf");
		writeSparseModel(file, { layers: 1, width: 64 });
		assert.throws(() => widenModel(file, `${file}.wide`, usable), /qwen3/);
	});
});

function read(file: string) {
	const model = readModelFile(file);
	assert.ok(model.ok && model.value.shape.ok, JSON.stringify(model));
	return {
		description: model.value.description,
		shape: model.value.shape.value,
	};
}

/** Of a file that is small enough to be read as a whole. */
function readTensors(file: string) {
	const bytes = readFileSync(file);
	const header = readGgufHeader({
		sizeBytes: bytes.length,
		read: (offset, lengthBytes) => bytes.subarray(offset, offset + lengthBytes),
	});
	assert.ok(header.ok);
	const { tensors, dataOffsetBytes } = header.value;
	return (name: string) => {
		const tensor = tensors.find((it) => it.name === name);
		assert.ok(tensor, name);
		const [, rows = 1] = tensor.shape;
		const rowBytes = bytesOf(tensor) / rows;
		const start = dataOffsetBytes + tensor.offsetBytes;
		return {
			typeId: tensor.typeId,
			rows: Array.from({ length: rows }, (_, row) =>
				bytes.subarray(start + row * rowBytes, start + (row + 1) * rowBytes),
			),
		};
	};
}
