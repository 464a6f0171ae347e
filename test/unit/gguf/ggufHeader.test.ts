import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { phrase } from "../../../src/base/sentence.ts";
import { tensorBytes } from "../../../src/gguf/ggmlType.ts";
import {
	type ByteSource,
	type GgufHeader,
	type GgufProblem,
	readGgufHeader,
} from "../../../src/gguf/ggufHeader.ts";
import { describeModel } from "../../../src/gguf/modelDescription.ts";
import {
	type WritableGguf,
	writeGguf,
} from "../../support/models/ggufWriter.ts";
import { seededRandom } from "../../support/seededRandom.ts";

const builtIn = readFileSync(
	path.resolve(
		import.meta.dirname,
		"../../../media/models/headroom-7m-q8_0.gguf",
	),
);

/** Counts what is read, so that a test can say that a broken file is not read as a whole. */
function source(bytes: Uint8Array): ByteSource & { readBytes: number } {
	return {
		sizeBytes: bytes.length,
		readBytes: 0,
		read(offset, lengthBytes) {
			const part = bytes.subarray(offset, offset + lengthBytes);
			this.readBytes += part.length;
			return part;
		},
	};
}

function header(bytes: Uint8Array): GgufHeader {
	const result = readGgufHeader(source(bytes));
	assert.ok(result.ok, JSON.stringify(result));
	return result.value;
}

function problem(bytes: Uint8Array): GgufProblem {
	const result = readGgufHeader(source(bytes));
	assert.ok(!result.ok, "a problem was expected");
	return result.error;
}

const small: WritableGguf = {
	metadata: {
		"general.architecture": { type: "string", value: "qwen2" },
		"qwen2.context_length": { type: "uint32", value: 32768 },
		"qwen2.rope.freq_base": { type: "float32", value: 1e6 },
		"tokenizer.ggml.tokens": { type: "strings", value: ["a", "b", "c"] },
		"qwen2.attention.head_count_kv": { type: "uint32s", value: [2, 4] },
		"general.big": { type: "uint64", value: 2n ** 60n },
		"general.flag": { type: "bool", value: true },
	},
	tensors: [
		{ name: "a", shape: [256, 2], typeId: 12, offsetBytes: 0 },
		{ name: "b", shape: [32], typeId: 0, offsetBytes: 288 },
	],
	dataBytes: 416,
};

describe("readGgufHeader", () => {
	it("reads values of every kind, and finds strings instead of keeping them", () => {
		const bytes = writeGguf(small);
		const { metadata, tensors, version } = header(bytes);
		const startBytes = bytes.indexOf("tokenizer.ggml.tokens") + 21 + 4 + 4 + 8;
		assert.equal(version, 3);
		assert.deepEqual(Object.fromEntries(metadata), {
			"general.architecture": "qwen2",
			"qwen2.context_length": 32768,
			"qwen2.rope.freq_base": 1e6,
			"tokenizer.ggml.tokens": {
				strings: 3,
				startBytes,
				endBytes: startBytes + 3 * (8 + 1),
			},
			"qwen2.attention.head_count_kv": [2, 4],
			"general.big": 2n ** 60n,
			"general.flag": true,
		});
		assert.deepEqual(tensors, small.tensors);
	});

	it("expects the file to hold its last tensor", () => {
		const bytes = writeGguf(small);
		assert.equal(header(bytes).expectedFileBytes, bytes.length);
	});

	it("reads the built-in model", () => {
		const read = header(builtIn);
		assert.equal(read.expectedFileBytes, builtIn.length);
		const model = describeModel(read, {
			file: "/x/model.gguf",
			baseName: "model.gguf",
			fileBytes: builtIn.length,
			roles: [],
		});
		// Its words and size will change; that it declares its order of prompts will not.
		assert.equal(model.fimOrder, "spm");
		assert.ok(model.parameterCount > 1e6, String(model.parameterCount));
		assert.ok(model.trainedContextWindow >= 768);
	});

	it("describes a model whose header says little", () => {
		const read = header(
			writeGguf({
				tensors: [{ name: "a", shape: [4], typeId: 0, offsetBytes: 0 }],
				dataBytes: 16,
			}),
		);
		assert.deepEqual(
			describeModel(read, {
				file: "/x/Some-Model.GGUF",
				baseName: "Some-Model.GGUF",
				fileBytes: 100,
				roles: ["chat"],
			}),
			{
				file: "/x/Some-Model.GGUF",
				name: "Some-Model",
				architecture: "unknown",
				parameterCount: 4,
				quantization: "F32",
				fileBytes: 100,
				trainedContextWindow: 2048,
				fimOrder: "psm",
				roles: ["chat"],
			},
		);
	});

	const whole = writeGguf(small);
	const cases: readonly (readonly [
		what: string,
		bytes: Uint8Array,
		expected: GgufProblem,
	])[] = [
		["an empty file", Buffer.alloc(0), { kind: "empty" }],
		["text", Buffer.from("hello"), { kind: "notGguf", found: '"hell"' }],
		["one byte", Buffer.from([7]), { kind: "notGguf", found: '"\\x07"' }],
		["version 1", writeGguf({ version: 1 }), { kind: "version", version: 1 }],
		[
			"the other byte order",
			Buffer.concat([Buffer.from("GGUF"), Buffer.from([0, 0, 0, 3])]),
			{ kind: "version", version: 0x03000000 },
		],
		[
			"the magic alone",
			Buffer.from("GGUF"),
			{ kind: "truncated", foundBytes: 4, expectedBytes: 8 },
		],
		[
			"weights cut short by one byte",
			whole.subarray(0, -1),
			{
				kind: "truncated",
				foundBytes: whole.length - 1,
				expectedBytes: whole.length,
			},
		],
		[
			"a count beyond reason",
			patched(whole, 16, 0xff, 0xff, 0xff, 0xff, 0xff),
			{
				kind: "corrupt",
				why: phrase("it claims to have {count} {what}", {
					count: "1099511627775",
					what: "metadata entries",
				}),
			},
		],
	];
	for (const [what, bytes, expected] of cases)
		it(`names what is wrong with ${what}`, () =>
			assert.deepEqual(problem(bytes), expected));

	it("says of a header cut anywhere that it is truncated", () => {
		for (let length = 4; length < 200; length += 3)
			assert.equal(problem(whole.subarray(0, length)).kind, "truncated");
	});

	it("survives 2,000 random corruptions without reading more than the file once", () => {
		const random = seededRandom(1);
		const headerBytes = builtIn.subarray(0, 268_352);
		const outcomes = new Map<string, number>();
		for (let i = 0; i < 2000; i++) {
			const bytes = Buffer.from(headerBytes);
			for (let j = 0; j < 1 + random() * 20; j++)
				bytes[4 + Math.floor(random() ** 3 * (bytes.length - 4))] =
					random() * 256;
			const from = source(bytes);
			const result = readGgufHeader({
				sizeBytes: builtIn.length,
				read: (offset, length) => from.read(offset, length),
			});
			const kind = result.ok ? "ok" : result.error.kind;
			outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1);
			assert.ok(from.readBytes < 3 * builtIn.length);
		}
		assert.ok((outcomes.get("corrupt") ?? 0) > 100, "some were found corrupt");
	});
});

describe("tensorBytes", () => {
	it("is undefined for what the table does not know", () => {
		assert.equal(tensorBytes([32], 250), undefined);
		assert.equal(tensorBytes([31], 8), undefined);
	});
});

function patched(bytes: Buffer, at: number, ...values: number[]): Buffer {
	const copy = Buffer.from(bytes);
	for (const [index, value] of values.entries()) copy[at + index] = value;
	return copy;
}
