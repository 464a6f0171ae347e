import assert from "node:assert/strict";
import { inEnglish, sentence } from "../../../../src/base/sentence.ts";
import {
	filterSentences,
	reasonSentences,
	reasonText,
} from "../../../../src/completion/reasons/reasonSentences.ts";
import { filterNames } from "../../../../src/completion/reasons/reasons.ts";
import { createError, errorText } from "../../../../src/protocol/errors.ts";

describe("a sentence", () => {
	it("in English has its places filled, and keeps one that nothing fills", () => {
		assert.equal(
			inEnglish(sentence("{a} of {b}, {a}", { a: "1", b: "2" })),
			"1 of 2, 1",
		);
		assert.equal(
			inEnglish({ text: "{a} of {b}", values: { b: "2" } }),
			"{a} of 2",
		);
	});

	it("takes values literally", () =>
		assert.equal(
			inEnglish(sentence("in {file}", { file: "$&{file}" })),
			"in $&{file}",
		));
});

describe("the sentence of a reason", () => {
	it("names the language", () =>
		assert.equal(
			reasonText({ kind: "languageOff", languageId: "markdown" }),
			"Completions are turned off for markdown.",
		));

	it("of a failure is that of the error", () => {
		const error = createError("engineCrashed", { why: "SIGSEGV" });
		assert.equal(reasonText({ kind: "failed", error }), errorText(error));
	});

	it("of a filter is its own", () => {
		const sentences = filterNames.map((filter) =>
			reasonText({ kind: "filtered", filter }),
		);
		assert.equal(new Set(sentences).size, filterNames.length);
	});

	it("is complete, and no two are the same", () => {
		const all = [
			...Object.values(reasonSentences),
			...Object.values(filterSentences),
		];
		for (const it of all) assert.match(it, /^[A-Z].*\.$/);
		assert.equal(new Set(all).size, all.length);
	});
});
