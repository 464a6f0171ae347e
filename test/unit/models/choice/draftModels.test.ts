import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { nullLog, RecentLog } from "../../../../src/base/log.ts";
import { success } from "../../../../src/base/result.ts";
import type { Vocabulary } from "../../../../src/gguf/vocabularyMatch.ts";
import {
	DraftModels,
	type DraftModelsOptions,
} from "../../../../src/models/choice/draftModels.ts";
import { readVocabulary } from "../../../../src/models/header/readVocabulary.ts";
import { listInstalledModels } from "../../../../src/models/library/installedModels.ts";
import type { ListedModel } from "../../../../src/models/library/modelLibrary.ts";
import { writeGguf } from "../../../support/models/ggufWriter.ts";
import {
	brokenModel,
	listedModel,
	unpricedModel,
} from "../../../support/models/listedModels.ts";
import { builtInModel } from "../../../support/models/realEngine.ts";
import {
	minimalModelBytes,
	type TestFolder,
	testFolder,
	text,
} from "../../../support/models/toolFolders.ts";

const seven = listedModel("seven", "Qwen2.5-Coder-7B");
const half = listedModel("half", "Qwen2.5-Coder-0.5B", "Q8_0");
const smallHalf = listedModel("small-half", "Qwen2.5-Coder-0.5B", "Q4_K_M");
const large = listedModel("large", "Qwen2.5-Coder-14B");

const vocabulary = (tokenizer = "gpt2"): Vocabulary => ({
	tokenizer,
	preTokenizer: "qwen2",
	tokenCount: 0,
	tokenTable: new Uint8Array(),
});

function setUp(
	models: readonly ListedModel[],
	more: Partial<DraftModelsOptions> = {},
) {
	const recent = new RecentLog(nullLog);
	const read: string[] = [];
	const drafts = new DraftModels({
		list: async () => models,
		log: recent.log,
		readVocabulary: async (file) => {
			read.push(path.basename(file, ".gguf"));
			return vocabulary();
		},
		timeLimit: () => new AbortController().signal,
		...more,
	});
	return { drafts, read, log: () => recent.lines().join("\n") };
}

const namesOf = (files: readonly string[]) =>
	files.map((file) => path.basename(file, ".gguf"));

/** The same with layers that only know the last tokens. */
function withWindow(model: ListedModel): ListedModel {
	assert.ok(model.content.ok && model.content.value.shape.ok);
	const { value: shape } = model.content.value.shape;
	const layers = shape.layers.map((layer) => ({
		...layer,
		attention: {
			kind: "slidingWindow",
			windowTokens: 1024,
			keyElements: 128,
			valueElements: 128,
		} as const,
	}));
	return {
		...model,
		content: success({
			...model.content.value,
			shape: success({ ...shape, layers }),
		}),
	};
}

describe("DraftModels", () => {
	for (const [what, models, expected] of [
		["the best first", [large, smallHalf, seven, half], ["half", "small-half"]],
		["none that is too large", [seven, large], []],
		[
			"none that is broken or unpriced",
			[seven, brokenModel("x"), unpricedModel("y")],
			[],
		],
		["none with a sliding window", [seven, withWindow(half)], []],
		["none for a target with one", [withWindow(seven), half], []],
		["none for a target that is not listed", [half], []],
		[
			"none with another kind of tokenizer",
			[
				seven,
				listedModel("spm", "Qwen2.5-Coder-0.5B", "Q8_0", {
					tokenizer: "llama",
				}),
			],
			[],
		],
		[
			"none with a vocabulary of another size",
			[seven, listedModel("deepseek", "DeepSeek-Coder-1.3B")],
			[],
		],
	] as const)
		it(`finds ${what}`, async () => {
			const { drafts } = setUp(models);
			assert.deepEqual(namesOf(await drafts.findInTime(seven.file)), expected);
		});

	it("reads no vocabulary but those of what could be a pair, and each pair's once", async () => {
		const { drafts, read } = setUp([large, smallHalf, seven, half]);
		await drafts.find(seven.file);
		assert.deepEqual(read, ["seven", "half", "small-half"]);
		await drafts.find(seven.file);
		assert.equal(read.length, 3);
		const alone = setUp([
			seven,
			large,
			listedModel("deepseek", "DeepSeek-Coder-1.3B"),
		]);
		await alone.drafts.find(seven.file);
		assert.deepEqual(alone.read, []);
	});

	it("stops at three", async () => {
		const many = ["a", "b", "c", "d"].map((name) =>
			listedModel(name, "Qwen2.5-Coder-0.5B", "Q8_0"),
		);
		const { drafts, read } = setUp([seven, ...many]);
		assert.deepEqual(namesOf(await drafts.find(seven.file)), ["a", "b", "c"]);
		assert.deepEqual(read, ["seven", "a", "b", "c"]);
	});

	it("goes by the tokens, and says why a model is none", async () => {
		const { drafts, log } = setUp([seven, half, smallHalf], {
			readVocabulary: async (file) =>
				vocabulary(file === half.file ? "llama" : "gpt2"),
		});
		assert.deepEqual(namesOf(await drafts.find(seven.file)), ["small-half"]);
		assert.match(
			log(),
			/half\.gguf cannot draft for .*seven\.gguf: its tokenizer is llama, not gpt2/,
		);
	});

	it("retries a vocabulary that could not be read", async () => {
		let isThere = false;
		const { drafts } = setUp([seven, half], {
			readVocabulary: async (file) =>
				isThere || file === seven.file ? vocabulary() : undefined,
		});
		assert.deepEqual(await drafts.find(seven.file), []);
		isThere = true;
		assert.deepEqual(await drafts.find(seven.file), [half.file]);
	});

	it("finds a model by any of its places", async () => {
		const link = "/links/seven.gguf";
		const [location] = seven.locations;
		const linked: ListedModel = {
			...seven,
			locations: [location, { ...location, file: link }],
		};
		const { drafts } = setUp([linked, half]);
		assert.deepEqual(await drafts.find(link), [half.file]);
	});

	it("goes without where it takes too long, and on for the next load", async () => {
		let answer = (_: readonly ListedModel[]): void => {};
		let lists = 0;
		const limit = new AbortController();
		const { drafts, log } = setUp([], {
			list: () => {
				lists++;
				return new Promise((resolve) => {
					answer = resolve;
				});
			},
			timeLimit: () => limit.signal,
		});
		const first = drafts.findInTime(seven.file);
		limit.abort();
		assert.deepEqual(await first, []);
		assert.match(log(), /takes too long/);
		const next = drafts.find(seven.file);
		assert.equal(lists, 1, "the search that is under way is joined");
		answer([seven, half]);
		assert.deepEqual(await next, [half.file]);
	});

	it("finds the pair that ships with the extension, and none for its draft", async () => {
		const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-"));
		try {
			const drafts = new DraftModels({
				list: async () => {
					const { models } = await listInstalledModels({
						builtInFile: builtInModel,
						storageFolder: folder,
						folders: [],
						searchesStores: false,
						chosen: "",
					});
					return models;
				},
				log: nullLog,
			});
			const [draft = "", ...others] = await drafts.find(builtInModel);
			assert.deepEqual(
				[path.basename(draft), ...others],
				["headroom-draft-1.6m-q8_0.gguf"],
			);
			assert.deepEqual(await drafts.find(draft), []);
		} finally {
			rmSync(folder, { recursive: true });
		}
	});
});

describe("readVocabulary", () => {
	let test: TestFolder;
	beforeEach(() => {
		test = testFolder();
	});
	afterEach(() => test.remove());

	it("reads the tokens of a file, and nothing where there are none", async () => {
		const whole = test.write(
			"whole.gguf",
			minimalModelBytes("whole", {
				"tokenizer.ggml.tokens": {
					type: "strings",
					value: ["a", "bc", "", "d"],
				},
			}),
		);
		const found = await readVocabulary(whole);
		assert.equal(found?.tokenCount, 4);
		assert.equal(found.tokenTable.length, 4 * 8 + 4);
		for (const file of [
			test.at("gone.gguf"),
			test.write("text.gguf", "no model"),
			test.write("bare.gguf", minimalModelBytes("bare")),
			test.write(
				"header.gguf",
				writeGguf({ metadata: { "tokenizer.ggml.model": text("gpt2") } }),
			),
		])
			assert.equal(await readVocabulary(file), undefined);
	});
});
