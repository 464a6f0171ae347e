import assert from "node:assert/strict";
import {
	countWords,
	identifiers,
} from "../../../../src/completion/context/identifiers.ts";

describe("identifiers", () => {
	for (const [text, expected] of [
		["", []],
		["foo(bar)", ["foo", "bar"]],
		["maxTokens", ["maxtokens", "max", "tokens"]],
		["max_tokens", ["maxtokens", "max", "tokens"]],
		["MAX_TOKENS", ["maxtokens", "max", "tokens"]],
		["__init__", ["init"]],
		["parseHTTPHeader2", ["parsehttpheader2", "parse", "http", "header2"]],
		["XMLHttpRequest", ["xmlhttprequest", "xml", "http", "request"]],
		["sha256", ["sha256"]],
		["utf8Text", ["utf8text", "utf8", "text"]],
		["getX", ["getx", "get"]],
		["const a = new Map();", ["map"]],
		["for (let i = 0; i < 100; i++)", []],
		["0xFFabc 10px 1e5", []],
		["a.b.count", ["count"]],
		["größe naïveWert", ["größe", "naïvewert", "naïve", "wert"]],
		["“Anführung”", ["anführung"]],
		["foo foo", ["foo", "foo"]],
		["foo-bar$baz", ["foo", "bar", "baz"]],
		["newFunction", ["newfunction"]],
	] as const)
		it(`of ${JSON.stringify(text)}`, () =>
			assert.deepEqual(identifiers(text), expected));

	it("are counted", () =>
		assert.deepEqual(
			[...countWords("readFile(file)")],
			[
				["readfile", 1],
				["read", 1],
				["file", 2],
			],
		));
});
