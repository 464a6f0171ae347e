import assert from "node:assert/strict";
import { knownWords } from "../../../../src/completion/session/knownWords.ts";

describe("the known words of a text that may go on", () => {
	for (const [text, known] of [
		["return this.wid", "return this."],
		["return x;\n", "return x;"],
		["width) * 2", "width"],
		['return f"SHOUT ', "return"],
		["print(b'abc', ", "print(b'abc',"],
		["result.push(", "result.push"],
		["// it isn't only ", "// it isn't only"],
		["ab ", ""],
	] as const)
		it(`are ${JSON.stringify(known)} of ${JSON.stringify(text)}`, () => {
			assert.equal(knownWords(text), known);
		});

	it("may be in a string that is typed already", () => {
		assert.equal(knownWords('say("Hello, Wor', 'say("'.length), 'say("Hello,');
	});
});
