import assert from "node:assert/strict";
import { knownWords } from "../../../../src/completion/session/knownWords.ts";

describe("the known words of a text that may go on", () => {
	for (const [text, known, languageId = "typescript"] of [
		["return this.wid", "return this."],
		["return x;\n", "return x;"],
		["width) * 2", "width"],
		['return f"SHOUT ', "return"],
		["print(b'abc', ", "print(b'abc',", "python"],
		["fn f<'a>(x: &'a st", "fn f<'a>(x: &'a", "rust"],
		["result.push(", "result.push"],
		["// it isn't only ", "// it isn't only"],
		["ab ", ""],
	] as readonly (readonly [string, string, string?])[])
		it(`are ${JSON.stringify(known)} of ${JSON.stringify(text)}`, () => {
			assert.equal(knownWords(text, languageId), known);
		});

	it("may be in a string that is typed already", () => {
		assert.equal(
			knownWords('say("Hello, Wor', "python", 'say("'.length),
			'say("Hello,',
		);
	});
});
