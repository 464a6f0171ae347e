import assert from "node:assert/strict";
import {
	calibrationRows,
	confidenceRows,
	type KnownAnswer,
} from "../../bench/infill/confidence.ts";
import { sourcePlaces } from "../../bench/infill/sourcePlaces.ts";

describe("the bench of infilling", () => {
	const answers: readonly KnownAnswer[] = [
		{
			work: "a",
			right: "foo(bar);",
			pieces: [
				{ text: "foo", probability: 0.9 },
				{ text: "(baz", probability: 0.5 },
				{ text: ");\nmore", probability: 1 },
			],
		},
		{
			work: "a",
			right: "return;",
			pieces: [{ text: "return;", probability: 0.8 }],
		},
		{ work: "a", right: "nothing", pieces: [] },
	];
	const row = (rule: string) => {
		const found = confidenceRows(answers).find((it) => it.rule === rule);
		assert.ok(found);
		const { shown, precision, rightChars, wrongChars } = found;
		return { shown, precision, rightChars, wrongChars };
	};

	it("counts what a threshold shows, and how much of it is right", () => {
		// "foo(baz);" has 6 right characters and 3 wrong ones.
		assert.deepEqual(row("joint >= 0.00"), {
			shown: 0.667,
			precision: 0.5,
			rightChars: 4.333,
			wrongChars: 1,
		});
		assert.deepEqual(row("joint >= 0.70"), {
			shown: 0.667,
			precision: 1,
			rightChars: 3.333,
			wrongChars: 0,
		});
		assert.equal(row("joint >= 0.90").shown, 0.333);
	});

	it("shows whole lines or nothing by the other rules", () => {
		assert.equal(row("first token >= 0.70, else nothing").precision, 0.5);
		assert.equal(row("whole line's mean >= 0.70, else nothing").shown, 0.667);
	});

	it("tells how often a text is right by its joint probability", () => {
		const ranges = calibrationRows(answers).filter((it) => it.beginnings > 0);
		assert.deepEqual(
			ranges.map(({ from, beginnings, right }) => [from, beginnings, right]),
			[
				// "foo(baz", "foo(baz)" and "foo(baz);".
				[0.4, 3, 0],
				[0.8, 2, 1],
				[0.9, 1, 1],
			],
		);
	});

	it("has places in sources of both languages, the same in every run", () => {
		for (const languageId of ["typescript", "python"] as const) {
			const places = sourcePlaces(languageId, 20);
			assert.equal(places.length, 20);
			assert.deepEqual(sourcePlaces(languageId, 20), places);
			for (const { snapshot, right } of places) {
				assert.ok(right.length >= 4 && !right.includes("\n"));
				assert.equal(snapshot.text[snapshot.offset] ?? "\n", "\n");
			}
		}
	});
});
