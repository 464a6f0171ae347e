import assert from "node:assert/strict";
import {
	AnswerCache,
	type AnswerCacheLimits,
} from "../../../../src/completion/session/answerCache.ts";
import { at } from "../../../support/cursor.ts";

function cacheOf(
	answers: readonly (readonly [place: string, text: string, whole?: boolean])[],
	limits?: AnswerCacheLimits,
) {
	const cache = new AnswerCache(limits);
	for (const [index, [place, text, isWhole = true]] of answers.entries())
		cache.put(at(place), {
			text,
			pieces: [{ text, probability: 0.5 }],
			requestId: `r${index + 1}`,
			isWhole,
		});
	return cache;
}

const textAt = (cache: AnswerCache, place: string, options = {}) =>
	cache.find(at(place, options))?.text;

describe("AnswerCache", () => {
	for (const [what, answers, place, expected] of [
		["at its place", [["foo█", ".bar();"]], "foo█", ".bar();"],
		["typed through", [["foo█", ".bar();"]], "foo.b█", "ar();"],
		["where something was deleted", [["foo█", ".bar();"]], "fo█", "o.bar();"],
		[
			"not where a lot was deleted",
			[["a = foofoofoo█", ";"]],
			"a = █",
			undefined,
		],
		["not for other text", [["foo█", ".bar();"]], "foo.c█", undefined],
		["not after another line", [["a\nfoo█", "x"]], "b\nfoo█", undefined],
		["not before other text", [["foo█", "x"]], "foo█ // y", undefined],
		[
			"where lines were added above",
			[["a\nfoo█", "xy"]],
			"b\na\nfoo█",
			undefined,
		],
		[
			"of the most text, where several go on alike",
			[
				["f█", "oo(1);"],
				["foo█", "(2);"],
				["fo█", "o(3);"],
			],
			"foo█",
			"(2);",
		],
		[
			"made before the cursor rather than behind it",
			[
				["foo█", "d();"],
				["f█", "ar();"],
			],
			"f█",
			"ar();",
		],
		[
			"whole rather than in part",
			[
				["f█", "oo.bar();"],
				["foo█", ".ba", false],
			],
			"foo█",
			".bar();",
		],
		[
			"over several lines",
			[["if (a) {█\n}", "\n\tb();\n\tc();"]],
			"if (a) {\n\tb();\n\t█\n}",
			"c();",
		],
		["without what the editor closed", [["p█", "rint(a)"]], "print(█)", "a"],
	] as const)
		it(`finds an answer ${what}`, () =>
			assert.equal(textAt(cacheOf(answers), place), expected));

	it("knows answers apart by document", () =>
		assert.equal(
			textAt(cacheOf([["foo█", "x"]]), "foo█", { uri: "file:///b.ts" }),
			undefined,
		));

	it("finds answers in documents with carriage returns", () =>
		assert.equal(
			textAt(
				cacheOf([["{█\r\n}", "\n\tb();\n\tc();"]]),
				"{\r\n\tb();\r\n\tc█\r\n}",
			),
			"();",
		));

	it("tells how much of the pieces is typed, and that what was deleted is certain", () => {
		const cache = cacheOf([["foo█", ".bar();"]]);
		assert.equal(cache.find(at("foo.b█"))?.typedChars, 2);
		const prepended = cache.find(at("fo█"));
		assert.equal(prepended?.isPrepended, true);
		assert.deepEqual(prepended?.pieces, [
			{ text: "o", probability: 1 },
			{ text: ".bar();", probability: 0.5 },
		]);
	});

	it("replaces a part by more of it, and never more by a part", () => {
		const cache = cacheOf([
			["f█", "oo", false],
			["f█", "oo(a", false],
		]);
		assert.deepEqual(
			[cache.find(at("f█"))?.text, cache.find(at("f█"))?.isWhole],
			["oo(a", false],
		);
		const whole = { text: "oo(a);", pieces: [], requestId: "w", isWhole: true };
		cache.put(at("f█"), whole);
		cache.put(at("f█"), { ...whole, text: "oo(", isWhole: false });
		assert.equal(cache.find(at("f█"))?.text, "oo(a);");
	});

	it("forgets the oldest beyond a number of entries, and of characters", () => {
		const answers = [
			["a█", "1"],
			["b█", "2"],
			["c█", "3"],
		] as const;
		const few = cacheOf(answers, { maxEntries: 2, maxChars: 1_000 });
		const short = cacheOf(
			answers.map(([place, text]) => [place, text.repeat(100)]),
			{ maxEntries: 10, maxChars: 250 },
		);
		for (const cache of [few, short])
			assert.deepEqual(
				["a█", "b█", "c█"].map((place) => cache.find(at(place)) !== undefined),
				[false, true, true],
			);
	});

	it("is empty when it is cleared", () => {
		const cache = cacheOf([["a█", "1"]]);
		cache.clear();
		assert.equal(textAt(cache, "a█"), undefined);
	});
});
