import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { nullLog } from "../../src/base/log.ts";
import { createLlamaRuntime } from "../../src/engine/runtime/llamaRuntime.ts";
import type { Runtime } from "../../src/engine/runtime/runtime.ts";
import { readModelFile } from "../../src/models/header/modelFile.ts";
import type { FimFamily } from "../../src/protocol/fim/fimFamilies.ts";
import type { WritableValue } from "../support/models/ggufWriter.ts";
import {
	builtInTokenizer,
	writeTinyModel,
} from "../support/models/tinyModel.ts";

/** A tokenizer whose header names no token for fill-in-the-middle, with these in the vocabulary. */
async function tokenizerWith(
	texts: readonly string[],
	name: string,
): Promise<Record<string, WritableValue>> {
	const own = await builtInTokenizer();
	const tokens = own["tokenizer.ggml.tokens"];
	const first = own["tokenizer.ggml.fim_pre_token_id"];
	assert.ok(tokens?.type === "strings" && first?.type === "uint32");
	const renamed = [...tokens.value];
	// Six tokens in a row, which are all special.
	for (let index = 0; index < 6; index++)
		renamed[first.value + index] = texts[index] ?? `<|unused ${index}|>`;
	const kept = Object.entries(own).filter(([key]) => !key.includes(".fim_"));
	return {
		...Object.fromEntries(kept),
		"tokenizer.ggml.tokens": { type: "strings", value: renamed },
		"general.name": { type: "string", value: name },
	};
}

describe("the fill-in-the-middle tokens of a model whose header names none", () => {
	const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-fim-"));
	let runtime: Runtime;
	before(async () => {
		const created = await createLlamaRuntime({
			gpu: "off",
			threads: 1,
			log: nullLog,
		});
		assert.ok(created.ok);
		runtime = created.value;
	});
	after(async () => {
		await runtime.dispose();
		rmSync(folder, { recursive: true });
	});

	const starCoder = ["<fim_prefix>", "<fim_middle>", "<fim_suffix>"];
	const cases: readonly (readonly [
		name: string,
		texts: readonly string[],
		expected: Omit<FimFamily, "named"> | null,
		isOffered?: boolean,
	])[] = [
		[
			"Seed-Coder-8B-Base",
			["<[fim-prefix]>", "<[fim-suffix]>", "<[fim-middle]>"],
			{
				prefix: "<[fim-prefix]>",
				suffix: "<[fim-suffix]>",
				middle: "<[fim-middle]>",
				order: "spm",
				fileSeparator: null,
				repositoryName: null,
			},
		],
		[
			"Mellum 4b Sft Python",
			[...starCoder, "<filename>", "<reponame>"],
			{
				prefix: "<fim_prefix>",
				suffix: "<fim_suffix>",
				middle: "<fim_middle>",
				order: "spm",
				fileSeparator: "<filename>",
				repositoryName: null,
			},
		],
		[
			"Starcoder2 3b",
			[...starCoder, "<file_sep>", "<repo_name>"],
			{
				prefix: "<fim_prefix>",
				suffix: "<fim_suffix>",
				middle: "<fim_middle>",
				order: "psm",
				fileSeparator: "<file_sep>",
				repositoryName: "<repo_name>",
			},
		],
		[
			"Codestral 22B v0.1",
			["[PREFIX]", "[MIDDLE]", "[SUFFIX]"],
			{
				prefix: "[PREFIX]",
				suffix: "[SUFFIX]",
				middle: null,
				order: "spm",
				fileSeparator: null,
				repositoryName: null,
			},
		],
		["Devstral Small", ["[PREFIX]", "[MIDDLE]", "[SUFFIX]"], null, false],
		["Some Chat", ["<a>", "<b>", "<c>"], null, false],
	];
	for (const [name, texts, expected, isOffered = true] of cases)
		it(`are those of its family: ${name}`, async () => {
			const file = path.join(folder, `${name}.gguf`);
			await writeTinyModel(
				file,
				"mamba",
				"psm",
				await tokenizerWith(texts, name),
			);
			const read = readModelFile(file);
			assert.ok(read.ok);
			const { description } = read.value;
			assert.equal(description.roles.includes("completion"), isOffered);
			const loaded = await runtime.loadModel({
				description,
				mapsFile: false,
				onProgress: () => {},
			});
			assert.ok(loaded.ok);
			const model = loaded.value;
			try {
				const { fimTokens } = model;
				if (expected === null) return assert.equal(fimTokens, null);
				const tokenOf = (text: string | null) => {
					if (text === null) return null;
					const [token, ...rest] = model.tokenizeTemplate(text);
					assert.ok(token !== undefined && rest.length === 0, text);
					return token;
				};
				const { order, ...tokens } = expected;
				assert.deepEqual(
					fimTokens,
					Object.fromEntries(
						Object.entries(tokens).map(([key, text]) => [key, tokenOf(text)]),
					),
				);
				assert.equal(model.description.fimOrder, order);
			} finally {
				await model.dispose();
			}
		});
});
