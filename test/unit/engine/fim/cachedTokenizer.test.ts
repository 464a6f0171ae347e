import assert from "node:assert/strict";
import { CachedTokenizer } from "../../../../src/engine/fim/cachedTokenizer.ts";
import { fakeTokenize } from "../../../support/fakes/fakeRuntime.ts";

function setUp() {
	const tokenized: string[] = [];
	const tokenizer = new CachedTokenizer((text) => {
		tokenized.push(text);
		return fakeTokenize(text);
	});
	return { tokenized, tokenizer };
}

describe("CachedTokenizer", () => {
	it("tokenizes a text once", () => {
		const { tokenized, tokenizer } = setUp();
		const text = "const block = 1;\n".repeat(10);
		for (let i = 0; i < 3; i++)
			assert.deepEqual(tokenizer.tokenize(text), fakeTokenize(text));
		assert.deepEqual(tokenized, [text]);
	});

	it("keeps what each prompt has, however much is typed between", () => {
		const { tokenized, tokenizer } = setUp();
		const blocks = Array.from({ length: 40 }, (_, i) => `${i}`.repeat(100));
		for (let typed = 1; typed < 1000; typed++) {
			for (const block of blocks) tokenizer.tokenize(block);
			tokenizer.tokenize("x".repeat(typed));
		}
		const again = tokenized.filter((text) => blocks.includes(text));
		assert.equal(again.length, blocks.length);
	});
});
