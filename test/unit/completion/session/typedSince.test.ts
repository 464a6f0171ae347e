import assert from "node:assert/strict";
import {
	agree,
	restOf,
	typedSince,
} from "../../../../src/completion/session/typedSince.ts";
import { at } from "../../../support/cursor.ts";

describe("typedSince", () => {
	for (const [from, to, expected] of [
		["foo.█;", "foo.█;", ["", ""]],
		["foo.█;", "foo.bar█;", ["bar", ""]],
		["if (a) {█}", "if (a) {\r\n\t█}", ["\n\t", ""]],
		["foo.█;", "foo█;", undefined],
		["foo.█;", "fox.█;", undefined],
		["foo.█;", "foo.b█", undefined],
		["foo.█;", "x foo.█;", undefined],
		["f(█)", "f(()█)", ["()", ""]],
		["f█", "f(█)", ["(", ")"]],
		["f(█)", "f(g(█))", ["g(", ")"]],
		["f█\r\n}", 'f("█")\r\n}', ['("', '")']],
		["if (a) █\n", "if (a) {\n\t█\n}\n", ["{\n\t", "\n}"]],
		["f█", "f(█x)", undefined],
	] as const)
		it(`from ${JSON.stringify(from)} to ${JSON.stringify(to)} is ${JSON.stringify(expected)}`, () => {
			const typed = typedSince(at(from), at(to));
			assert.deepEqual(typed && [typed.text, typed.closers], expected);
		});

	it("distinguishes documents", () =>
		assert.equal(
			typedSince(at("a█"), at("ab█", { uri: "file:///b.ts" })),
			undefined,
		));
});

describe("agree", () => {
	for (const [typed, suggested, expected] of [
		["", "", true],
		["a", "", true],
		["a", "ab", true],
		["ab", "a", true],
		["ab", "ac", false],
	] as const)
		it(`of "${typed}" and "${suggested}" is ${expected}`, () =>
			assert.equal(agree({ text: typed, closers: "" }, suggested), expected));
});

describe("restOf", () => {
	for (const [from, suggested, to, expected] of [
		["p█", "rint(value);", "pr█", "int(value);"],
		["p█", "rint(value);", "print(█)", "value"],
		["p█", "rint(f(a), b);", "print(█)", "f(a), b"],
		["p█", "rint(value);", "print(value)█", ";"],
		["s = █", "'it\\'s' + x", "s = '█'", "it\\'s"],
		["s = █", '"a)" + b', 's = "█"', "a)"],
		["if (a) █\n", "{\n\tb();\n}", "if (a) {\n\t█\n}\n", "b();"],
		["p█", "rint()", "print(█)", undefined],
		["p█", "rint", "print█", undefined],
		["p█", "rint", "px█", undefined],
	] as const)
		it(`of ${JSON.stringify(suggested)} at ${JSON.stringify(to)} is ${JSON.stringify(expected)}`, () => {
			const typed = typedSince(at(from), at(to));
			assert.ok(typed);
			assert.equal(restOf(suggested, typed, at(to)), expected);
		});
});
