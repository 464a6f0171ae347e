import assert from "node:assert/strict";
import { agree, typedSince } from "../../../src/completion/typedSince.ts";
import { at } from "../../support/cursor.ts";

describe("typedSince", () => {
	for (const [from, to, expected] of [
		["foo.█;", "foo.█;", ""],
		["foo.█;", "foo.bar█;", "bar"],
		["if (a) {█}", "if (a) {\r\n\t█}", "\n\t"],
		["foo.█;", "foo█;", undefined],
		["foo.█;", "fox.█;", undefined],
		["foo.█;", "foo.b█", undefined],
		["foo.█;", "x foo.█;", undefined],
		["f(█)", "f(()█)", "()"],
		["f█", "f(█)", undefined],
	] as const)
		it(`from ${JSON.stringify(from)} to ${JSON.stringify(to)} is ${JSON.stringify(expected)}`, () =>
			assert.equal(typedSince(at(from), at(to)), expected));

	it("knows one document from another", () =>
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
			assert.equal(agree(typed, suggested), expected));
});
