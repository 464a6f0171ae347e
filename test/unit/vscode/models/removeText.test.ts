import assert from "node:assert/strict";
import { english } from "../../../../src/base/sentence.ts";
import type { OwnModel } from "../../../../src/models/folder/ownModels.ts";
import {
	removalQuestion,
	removalRow,
} from "../../../../src/vscode/models/removeText.ts";

const model = (how: OwnModel["how"]): OwnModel => ({
	file: "/models/a.gguf",
	fileName: "a.gguf",
	sizeBytes: 3 * 2 ** 30,
	sha256: null,
	how,
	source: "/stick/a.gguf",
	addedAt: "2026-03-04T05:06:07.000Z",
});

describe("Remove Model", () => {
	it("says what a model is, whether it is used and where it came from", () =>
		assert.deepEqual(removalRow(model("copied"), true, english), {
			label: "a.gguf",
			description: "3.0 GB, in use",
			detail: "copied on 2026-03-04 from /stick/a.gguf",
		}));

	for (const [how, expected] of [
		["downloaded", /^This deletes 3\.0 GB/],
		["copied", /^This deletes 3\.0 GB/],
		["hardLinked", /^Only the link .+ \/stick\/a\.gguf is kept/],
		["symlinked", /^Only the link .+ \/stick\/a\.gguf is kept/],
	] as const)
		it(`says what goes with a model that was ${how}`, () =>
			assert.match(removalQuestion(model(how), english).detail, expected));
});
