import assert from "node:assert/strict";
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
});
