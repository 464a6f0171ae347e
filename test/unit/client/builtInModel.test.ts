import assert from "node:assert/strict";
import path from "node:path";
import {
	builtInModelFile,
	loadOptionsFor,
} from "../../../src/client/builtInModel.ts";

describe("loadOptionsFor", () => {
	const folder = path.resolve("/extension");
	const builtIn = builtInModelFile(folder);
	const draft = path.join(
		path.dirname(builtIn),
		"headroom-draft-1.6m-q8_0.gguf",
	);
	for (const [what, file, expected] of [
		["the built-in model", "", { file: builtIn, contextWindow: 768 }],
		["it by its path", builtIn, { file: builtIn, contextWindow: 768 }],
		["the draft beside it", draft, { file: draft, contextWindow: 768 }],
		["another", "/m/a.gguf", { file: "/m/a.gguf", contextWindow: null }],
	] as const)
		it(`loads ${what}, in the window it was trained in`, () => {
			const { file: loaded, contextWindow } = loadOptionsFor(
				{
					file,
					gpu: "auto",
					partialOffload: false,
					threads: 0,
					latencyTargetMs: 300,
				},
				folder,
			);
			assert.deepEqual({ file: loaded, contextWindow }, expected);
		});
});
