import assert from "node:assert/strict";
import { VocabularyIndex } from "../../../../src/engine/decode/vocabularyIndex.ts";
import { seededRandom } from "../../../support/seededRandom.ts";

describe("VocabularyIndex", () => {
	const texts = [
		"r",
		"re",
		"ret",
		"return",
		"returned",
		" return",
		"tu",
		"",
		"é",
	];
	const vocabulary = new VocabularyIndex(
		texts.map((text, token) => [token, text]),
	);
	const beginning = (start: string) =>
		vocabulary
			.beginning(start)
			.map((token) => texts[token])
			.sort();

	for (const [start, expected] of [
		["retu", ["r", "re", "ret", "return", "returned"]],
		["return", ["r", "re", "ret", "return", "returned"]],
		["returnX", ["r", "re", "ret", "return"]],
		["t", ["tu"]],
		[" ", [" return"]],
		["x", []],
		["é", ["é"]],
	] as const)
		it(`begins ${JSON.stringify(start)} with ${JSON.stringify(expected)}`, () => {
			assert.deepEqual(beginning(start), expected);
			assert.equal(vocabulary.canBegin(start), expected.length > 0);
		});

	it("tells the tokens that end a line without text", () => {
		const blank = ["\n", "\n\n", "\t\n", "\t", "\n\t", "\n\tx", "x\n"];
		const { blankEnds } = new VocabularyIndex(
			blank.map((text, token) => [token, text]),
			[90, 91],
		);
		assert.deepEqual(blankEnds, [90, 91, 0, 1, 2, 4]);
	});

	it("tells the tokens that do not end the line behind a start", () => {
		const all = ["\n", "\n\t", "\n\t\n", "\n\t\t", "\n\tx", "\n\t \n "];
		const index = new VocabularyIndex(all.map((text, token) => [token, text]));
		assert.deepEqual(
			index.beginningText("\n\t").map((token) => all[token]),
			["\n", "\n\t", "\n\t\t", "\n\tx"],
		);
	});

	it("keeps tokens of equal text apart", () =>
		assert.deepEqual(
			new VocabularyIndex([
				[1, "a"],
				[2, "a"],
			]).beginning("a"),
			[1, 2],
		));

	it("agrees with a scan of all tokens", () => {
		const random = seededRandom(7);
		const word = () =>
			Array.from({ length: 1 + random() * 4 }, () =>
				String.fromCodePoint(0x61 + Math.floor(random() * 3)),
			).join("");
		const words = Array.from({ length: 200 }, word);
		const all = new VocabularyIndex(words.map((text, token) => [token, text]));
		for (let i = 0; i < 100; i++) {
			const start = word();
			const expected = words.flatMap((text, token) =>
				text.startsWith(start) || start.startsWith(text) ? [token] : [],
			);
			assert.deepEqual(
				[...all.beginning(start)].sort((a, b) => a - b),
				expected,
			);
		}
	});
});
