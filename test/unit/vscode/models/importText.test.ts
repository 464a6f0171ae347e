import assert from "node:assert/strict";
import { english } from "../../../../src/base/sentence.ts";
import type { ImportedFile } from "../../../../src/models/folder/importFile.ts";
import { createError } from "../../../../src/protocol/errors.ts";
import {
	importProgressText,
	importSummary,
} from "../../../../src/vscode/models/importText.ts";

const imported = (name: string): ImportedFile => ({
	source: `/stick/${name}`,
	kind: "imported",
	file: `/models/${name}`,
});
const there = (name: string): ImportedFile => ({
	source: `C:\\stick\\${name}`,
	kind: "alreadyThere",
	file: `/models/${name}`,
});
const failed = (name: string): ImportedFile => ({
	source: `/stick/${name}`,
	kind: "failed",
	error: createError("modelEmpty", { file: name }),
});

describe("the summary of an import", () => {
	for (const [what, files, cancelled, severity, text, file] of [
		[
			"one",
			[imported("a.gguf")],
			false,
			"info",
			"Imported: a.gguf.",
			"/models/a.gguf",
		],
		[
			"one that was there",
			[there("a.gguf")],
			false,
			"info",
			"Already in Headroom's folder: a.gguf.",
			"/models/a.gguf",
		],
		[
			"several",
			[imported("a.gguf"), imported("b.gguf")],
			false,
			"info",
			"Imported: a.gguf, b.gguf.",
			undefined,
		],
		[
			"a failure",
			[failed("c.gguf")],
			false,
			"error",
			"The model file c.gguf is empty.",
			undefined,
		],
		[
			"a bit of everything",
			[imported("a.gguf"), there("b.gguf"), failed("c.gguf")],
			false,
			"warning",
			"Imported: a.gguf. Already in Headroom's folder: b.gguf. The model file c.gguf is empty.",
			"/models/a.gguf",
		],
		[
			"a cancel before anything",
			[],
			true,
			"info",
			"The import was cancelled.",
			undefined,
		],
		[
			"a cancel after one",
			[imported("a.gguf")],
			true,
			"info",
			"The import was cancelled. Imported: a.gguf.",
			"/models/a.gguf",
		],
		[
			"a whole disk",
			Array.from({ length: 9 }, (_, i) => imported(`${i}.gguf`)),
			false,
			"info",
			"Imported: 0.gguf, 1.gguf, 2.gguf, 3.gguf, 4.gguf and 4 more.",
			undefined,
		],
	] as const)
		it(`of ${what}`, () =>
			assert.deepEqual(importSummary({ files, cancelled }, english), {
				severity,
				text,
				file,
			}));

	it("names five failures and counts the others", () => {
		const files = Array.from({ length: 7 }, (_, i) => failed(`${i}.gguf`));
		assert.match(
			importSummary({ files, cancelled: false }, english).text,
			/4\.gguf is empty\. 2 more could not be imported\.$/,
		);
	});

	it("shows progress by file", () =>
		assert.equal(
			importProgressText(
				{
					kind: "copying",
					file: "/stick/a.gguf",
					doneBytes: 2 ** 20,
					totalBytes: 2 ** 22,
				},
				english,
			),
			"copying a.gguf: 25 % of 4.0 MB",
		));
});
