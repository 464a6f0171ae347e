import assert from "node:assert/strict";
import { parseJsonc } from "../../../src/base/jsonc.ts";

describe("JSON with comments", () => {
	const cases: readonly (readonly [text: string, value: unknown])[] = [
		['{"a": 1}', { a: 1 }],
		['\uFEFF{"a": 1}', { a: 1 }],
		['// first\n{"a": /* in\nbetween */ 1} // last', { a: 1 }],
		['{"a": [1, 2,], "b": {"c": 3, }, }', { a: [1, 2], b: { c: 3 } }],
		["[1, // one\n]", [1]],
		["[1 /* one */ , /* two */ ]", [1]],
		[
			'{"a": "// no comment, ]", "b": "/* none */"}',
			{ a: "// no comment, ]", b: "/* none */" },
		],
		['["a\\",]", "\\\\", ]', ['a",]', "\\"]],
		['{"url": "https://x.example/*,}*/"}', { url: "https://x.example/*,}*/" }],
	];
	for (const [text, value] of cases)
		it(`reads ${JSON.stringify(text)}`, () => {
			assert.deepEqual(parseJsonc(text), value);
		});

	for (const text of ["", "{", '{"a": 1', "[1,,]", "/* open", "{a: 1}"])
		it(`refuses ${JSON.stringify(text)}`, () => {
			assert.throws(() => parseJsonc(text), SyntaxError);
		});
});
