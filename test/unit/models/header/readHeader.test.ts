import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { truncateSync } from "node:fs";
import { readModelFile } from "../../../../src/models/header/modelFile.ts";
import { readHeader } from "../../../../src/models/header/readHeader.ts";
import { readModel } from "../../../../src/models/header/readModel.ts";
import { errorText } from "../../../../src/protocol/errors.ts";
import { writeGguf } from "../../../support/models/ggufWriter.ts";
import {
	minimalModelBytes,
	type TestFolder,
	testFolder,
	text,
} from "../../../support/models/toolFolders.ts";

describe("readHeader", () => {
	let test: TestFolder;
	beforeEach(() => {
		test = testFolder();
	});
	afterEach(() => test.remove());

	async function problem(file: string): Promise<string> {
		const result = await readHeader(file);
		assert.ok(!result.ok, "a problem was expected");
		return errorText(result.error);
	}

	it("finds what the synchronous reader finds", async () => {
		for (const bytes of [
			minimalModelBytes("good"),
			minimalModelBytes("talking", {
				"tokenizer.chat_template": { type: "string", value: "{{ messages }}" },
				"tokenizer.ggml.tokens": { type: "strings", value: ["<PRE>"] },
			}),
			minimalModelBytes("good").subarray(0, 100),
			Buffer.from("nothing of the kind"),
		]) {
			const file = test.write("m.gguf", bytes);
			const inOneGo = readModelFile(file);
			const reading = await readModel([file]);
			if (inOneGo.ok) {
				assert.equal(reading.kind, "model");
				const { traits: _, ...content } = reading.content;
				const { chatTemplate: _template, ...loaded } = inOneGo.value;
				assert.deepEqual(content, loaded);
			} else
				assert.deepEqual(reading, { kind: "broken", error: inOneGo.error });
		}
	});

	for (const [what, templates, expected] of [
		["there is none", {}, null],
		[
			"there are several",
			{
				"tokenizer.chat_template.tool_use": "tools",
				"tokenizer.chat_template": "plain",
			},
			"plain",
		],
		[
			"the default is named so",
			{
				"tokenizer.chat_template.rag": "rag",
				"tokenizer.chat_template.default": "plain",
			},
			"plain",
		],
		["none is for plain talk", { "tokenizer.chat_template.rag": "rag" }, null],
	] as const)
		it(`gives the engine the template for conversations where ${what}`, () => {
			const metadata = Object.fromEntries(
				Object.entries(templates).map(([key, value]) => [
					key,
					{ type: "string", value } as const,
				]),
			);
			const read = readModelFile(
				test.write("m.gguf", minimalModelBytes("m", metadata)),
			);
			assert.ok(read.ok);
			assert.equal(read.value.chatTemplate, expected);
			const isForChat = read.value.description.roles.includes("chat");
			assert.equal(isForChat, expected !== null);
		});

	it("reads the front of a large file, and nothing of its weights", async () => {
		const file = test.write("m.gguf", minimalModelBytes("large"));
		// A hole: takes no room, and reading it would take 100 GB of memory.
		truncateSync(file, 1e11);
		const result = await readHeader(file);
		assert.ok(result.ok);
		assert.equal(result.value.fileBytes, 1e11);
		assert.ok(result.value.front.length <= 4 + 2 ** 20);
	});

	it("gives up on a header that claims to be gigabytes long", async () => {
		const bytes = writeGguf({
			metadata: { "tokenizer.ggml.tokens": { type: "strings", value: [] } },
		});
		const count = bytes.indexOf("tokenizer.ggml.tokens") + 21 + 4 + 4;
		bytes.writeBigUInt64LE(60_000_000n, count);
		const file = test.write("m.gguf", bytes);
		truncateSync(file, 1e11);
		assert.match(await problem(file), /is corrupt: its header has no end\.$/);
	});

	it("says of a folder and of nothing what they are", async () => {
		assert.match(
			await problem(test.folder),
			/^Cannot read the model file .*: it is not a file/,
		);
		assert.match(await problem(test.at("none")), /does not exist/);
	});

	if (process.platform !== "win32")
		it("refuses a pipe at once, without waiting for its other end", async () => {
			const file = test.at("pipe.gguf");
			execFileSync("mkfifo", [file]);
			assert.match(await problem(file), /it is not a file/);
			const read = readModelFile(file);
			assert.ok(!read.ok);
			assert.match(errorText(read.error), /it is not a file/);
		});

	it("reads a layer of more tensors than a call may have arguments, or refuses it", async () => {
		const row = { shape: [32], typeId: 0, offsetBytes: 0 };
		for (const count of [60_000, 125_000]) {
			const file = test.write(
				"m.gguf",
				minimalModelBytes(
					"many",
					{},
					4,
					Array.from({ length: count }, (_, i) => ({
						name: `blk.0.t${i}`,
						...row,
					})),
				),
			);
			const reading = await readModel([file]);
			if (count > 65_536) {
				assert.equal(reading.kind, "broken");
				assert.match(errorText(reading.error), /claims to have 125001 tensors/);
			} else {
				assert.ok(reading.kind === "model" && reading.content.shape.ok);
				const [layer] = reading.content.shape.value.layers;
				assert.equal(layer?.largestTensorBytes, 128);
			}
		}
	});

	it("skips long arrays of numbers, and keeps one per layer", async () => {
		const scores = new Array<number>(3_000_000).fill(1);
		const file = test.write(
			"m.gguf",
			minimalModelBytes("scored", {
				"tokenizer.ggml.scores": { type: "float32s", value: scores },
				"qwen2.attention.head_count_kv": { type: "uint32s", value: [1] },
			}),
		);
		const read = await readHeader(file);
		assert.ok(read.ok);
		const { metadata } = read.value.header;
		assert.deepEqual(metadata.get("tokenizer.ggml.scores"), {
			numbers: scores.length,
		});
		assert.deepEqual(metadata.get("qwen2.attention.head_count_kv"), [1]);
		assert.ok(readModelFile(file).ok);
	});

	for (const [what, key, elementType, count] of [
		["a sparse array of numbers", "qwen2.big", 12, 60_000_000],
		["a sparse list of empty strings", "tokenizer.ggml.tokens", 8, 60_000_000],
		["more strings than any vocabulary", "tokenizer.ggml.tokens", 8, 3_500_000],
	] as const)
		it(`refuses ${what}, and reads no more of it than a header may have`, async () => {
			const bytes = minimalModelBytes("sparse", {
				[key]: { type: "strings", value: [] },
			});
			const at = bytes.indexOf(key) + key.length + 4;
			bytes.writeUInt32LE(elementType, at);
			bytes.writeBigUInt64LE(BigInt(count), at + 4);
			const file = test.write("m.gguf", bytes);
			truncateSync(file, 500_000_000);
			assert.match(await problem(file), /is corrupt: its header/);
			assert.ok(!readModelFile(file).ok);
		});

	it("refuses headers with too much text", async () => {
		const long = "x".repeat(3 * 2 ** 20);
		const file = test.write(
			"m.gguf",
			minimalModelBytes(
				"wordy",
				Object.fromEntries(
					[1, 2, 3, 4, 5, 6].map((it) => [`key.${it}`, text(long)]),
				),
			),
		);
		assert.match(await problem(file), /has too much text/);
	});

	it("has one short line for every text of a header, in rows and messages", async () => {
		const nasty = `\u001b[2J\nfirst\r\n${"long ".repeat(10_000)}`;
		const isTame = (line: string) =>
			assert.ok(
				line.length < 400 && !/[\p{Cc}\p{Zl}]/u.test(line),
				JSON.stringify(line.slice(0, 500)),
			);
		const good = (metadata: Parameters<typeof minimalModelBytes>[1]) =>
			readModel([test.write("m.gguf", minimalModelBytes("m", metadata))]);
		for (const key of [
			"general.name",
			"general.architecture",
			"general.license",
			"tokenizer.ggml.model",
			nasty,
		]) {
			const reading = await good({ [key]: text(nasty) });
			assert.equal(reading.kind, "model", key.slice(0, 30));
			const { description, traits, shape } = reading.content;
			for (const line of [
				description.name,
				description.architecture,
				traits.license ?? "",
				traits.tokenizer ?? "",
				shape.ok ? "" : JSON.stringify(shape.error),
			])
				isTame(line);
		}
		for (const [name, row] of [
			[nasty, { typeId: 28, shape: [4] }],
			[nasty, { typeId: 0, shape: [1, 1, 1, 1, 1] }],
			[`blk.900.${nasty}`, { typeId: 0, shape: [4] }],
			[nasty, { typeId: 99, shape: [4] }],
		] as const) {
			const tensor = { name, ...row, offsetBytes: 0 };
			const bytes = minimalModelBytes("m", {}, 4, [tensor]);
			const reading = await readModel([test.write("m.gguf", bytes)]);
			if (reading.kind === "broken") isTame(errorText(reading.error));
			else {
				assert.ok(reading.kind === "model" && !reading.content.shape.ok);
				isTame(JSON.stringify(reading.content.shape.error));
			}
		}
	});

	it("takes no chat template that is too long to be parsed", async () => {
		const metadata = {
			"tokenizer.chat_template": text("<|im_start|>".repeat(200_000)),
		};
		const read = readModelFile(
			test.write("m.gguf", minimalModelBytes("m", metadata)),
		);
		assert.ok(read.ok);
		assert.equal(read.value.chatTemplate, null);
		assert.ok(!read.value.description.roles.includes("chat"));
	});
});
