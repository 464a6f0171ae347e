import assert from "node:assert/strict";
import {
	type Piece,
	piecesOf,
} from "../../../../src/completion/confidence/pieces.ts";
import { getCompletion } from "../../../../src/completion/request/getCompletion.ts";
import { noContext } from "../../../../src/completion/request/promptContext.ts";
import { at } from "../../../support/cursor.ts";
import { FakeEngine } from "../../../support/fakes/fakeEngine.ts";
import { goldenCases } from "../../../support/golden/goldenCases.ts";
import { seededRandom } from "../../../support/seededRandom.ts";

function pieces(...them: readonly (readonly [string, number])[]): Piece[] {
	return them.map(([text, probability]) => ({ text, probability }));
}

describe("pieces of a suggestion", () => {
	it("are those that were generated where no filter changed anything", () => {
		const generated = pieces(["foo", 0.5], ["(bar", 0.25], [")", 0.75]);
		assert.deepEqual(piecesOf("foo(bar)", generated), generated);
	});

	it("end where the text ends, inside a token, too", () => {
		const generated = pieces(["a + ", 0.5], ["b;\n\t", 0.25], ["c", 0.125]);
		assert.deepEqual(
			piecesOf("a + b;", generated),
			pieces(["a + ", 0.5], ["b;", 0.25]),
		);
	});

	it("keep the probability of their tokens where the indentation is changed", () => {
		const generated = pieces(
			["if x:", 0.5],
			["\n  ", 0.25],
			["y", 0.75],
			["\n    ", 0.5],
			["z", 0.125],
		);
		assert.deepEqual(
			piecesOf("if x:\n\t\ty\n  z", generated),
			pieces(
				["if x:", 0.5],
				["\n", 0.25],
				["\t\ty", 0.75],
				["\n  ", 0.5],
				["z", 0.125],
			),
		);
	});

	it("count a dropped beginning towards what comes after it", () => {
		const generated = pieces(["const ", 0.5], ["a = ", 0.5], ["b", 0.75]);
		assert.deepEqual(
			piecesOf("a = b", generated),
			pieces(["a = ", 0.25], ["b", 0.75]),
		);
		assert.deepEqual(
			piecesOf("x", pieces([" ", 0.5], ["x", 0.5])),
			pieces(["x", 0.25]),
		);
	});

	it("count what is added as certain", () => {
		assert.deepEqual(
			piecesOf(" x\n", pieces([" x", 0.5])),
			pieces([" x", 0.5], ["\n", 1]),
		);
	});

	it("give a rest that was not generated the probability of all that is left", () => {
		const generated = pieces(["a", 0.5], ["bc", 0.5], ["d", 0.25]);
		assert.deepEqual(
			piecesOf("abX", generated),
			pieces(["a", 0.5], ["b", 0.5], ["X", 0.25]),
		);
	});

	it("concatenate to the text in every golden case, however its answer is split", async () => {
		const random = seededRandom(3);
		for (const it of goldenCases("filters")) {
			const { languageId, insertSpaces, tabSize } = it;
			const chunks: Piece[] = [];
			for (let from = 0; from < it.answer.length; ) {
				const text = it.answer.slice(from, from + 1 + Math.floor(random() * 6));
				chunks.push({ text, probability: 0.5 });
				from += text.length;
			}
			const result = await getCompletion(
				{
					...at(it.document, {
						languageId,
						indentation: { insertSpaces, tabSize },
					}),
					path: it.path,
				},
				new FakeEngine(() => chunks),
				{ signal: new AbortController().signal, contextProvider: noContext },
			);
			if (result.kind === "none") continue;
			assert.equal(result.pieces.map(({ text }) => text).join(""), result.text);
			const joint = result.pieces.reduce((p, it) => p * it.probability, 1);
			// Every token with a character in the text counts once, and none that comes after it.
			assert.ok(joint >= 0.5 ** chunks.length, it.document);
			assert.ok(joint <= 0.5, it.document);
		}
	});
});
