import assert from "node:assert/strict";
import { changedRange } from "../../../../src/chat/edit/changedRange.ts";
import { seededRandom } from "../../../support/seededRandom.ts";

describe("changedRange", () => {
	const cases: readonly (readonly [
		before: string,
		after: string,
		start: number,
		end: number,
		text: string,
	])[] = [
		["abc", "abc", 3, 3, ""],
		["", "abc", 0, 0, "abc"],
		["abc", "", 0, 3, ""],
		["a1c", "a2c", 1, 2, "2"],
		["aa", "aaa", 2, 2, "a"],
		["aaa", "aa", 2, 3, ""],
		["x\r\ny", "x\ny", 1, 3, "\n"],
		["😀", "😁", 0, 2, "😁"],
		["𐀀", "😀", 0, 2, "😀"],
	];
	for (const [before, after, start, end, text] of cases)
		it(`from ${JSON.stringify(before)} to ${JSON.stringify(after)}`, () => {
			assert.deepEqual(changedRange(before, after), { start, end, text });
		});

	it("turns one text into the other without splitting a character", () => {
		const random = seededRandom(7);
		const parts = ["a", "b", "\n", "\r\n", "\r", "😀", "😁", "𐀀"];
		const write = () =>
			Array.from(
				{ length: Math.floor(random() * 7) },
				() => parts[Math.floor(random() * parts.length)],
			).join("");
		for (let run = 0; run < 5_000; run++) {
			const before = write();
			const after = write();
			const { start, end, text } = changedRange(before, after);
			const made = before.slice(0, start) + text + before.slice(end);
			assert.equal(made, after);
			for (const piece of [before.slice(0, start), before.slice(end), text])
				assert.doesNotMatch(piece, /\p{Cs}/u, JSON.stringify([before, after]));
		}
	});
});
