import assert from "node:assert/strict";
import path from "node:path";
import {
	fileSets,
	mayBeModel,
	modelTitle,
} from "../../../../src/models/stores/modelFileNames.ts";

const names: Readonly<Record<string, boolean>> = {
	"qwen2.5-coder-7b-q4_k_m.gguf": true,
	"MODEL.GGUF": true,
	"model-00001-of-00002.gguf": true,
	"model.safetensors": false,
	"model.gguf.part": false,
	"model.gguf.incomplete": false,
	"model.gguf.downloading": false,
	"model.gguf.downloadInProgress": false,
	"model.gguf.tmp": false,
	"incomplete-model.gguf": false,
	"downloading_model.gguf": false,
	"._model.gguf": false,
	"mmproj-model-f16.gguf": false,
	"gemma-3-4b.mmproj-q8_0.gguf": false,
	gguf: false,
};

describe("mayBeModel", () => {
	for (const [name, expected] of Object.entries(names))
		it(`says ${expected ? "yes" : "no"} to ${name}`, () => {
			assert.equal(mayBeModel(name), expected);
		});
});

describe("fileSets", () => {
	const at = (name: string) => path.join(path.sep, "models", name);

	it("puts parts together in their order, by folder, stem and count", () => {
		assert.deepEqual(
			fileSets(
				[
					"a-00002-of-00002.gguf",
					"a-00001-of-00002.gguf",
					"a-00001-of-00003.gguf",
					"b.gguf",
					"c/a-00002-of-00002.gguf",
				].map(at),
			),
			[
				{ files: [at("b.gguf")], missingFiles: [] },
				{
					files: [at("a-00001-of-00002.gguf"), at("a-00002-of-00002.gguf")],
					missingFiles: [],
				},
				{
					files: [at("a-00001-of-00003.gguf")],
					missingFiles: ["a-00002-of-00003.gguf", "a-00003-of-00003.gguf"],
				},
				{
					files: [at("c/a-00002-of-00002.gguf")],
					missingFiles: ["a-00001-of-00002.gguf"],
				},
			],
		);
	});

	it("treats what only looks like a part as a whole file", () => {
		for (const name of [
			"a-00003-of-00002.gguf",
			"a-00000-of-00002.gguf",
			"a-00001-of-99999.gguf",
		])
			assert.deepEqual(fileSets([at(name)]), [
				{ files: [at(name)], missingFiles: [] },
			]);
	});
});

it("modelTitle leaves out the part and the extension", () => {
	assert.equal(modelTitle("/m/big-Q4_K_M-00001-of-00003.gguf"), "big-Q4_K_M");
	assert.equal(modelTitle("/m/small.GGUF"), "small");
});
