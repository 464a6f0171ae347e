import assert from "node:assert/strict";
import { oneLine } from "../../../src/base/sentence.ts";
import { seededRandom } from "../../support/seededRandom.ts";

describe("oneLine", () => {
	for (const [text, expected] of [
		["Qwen2.5 Coder", "Qwen2.5 Coder"],
		["  two\r\n lines\t", "two  lines"],
		["\u001b[31mred\u0007", "[31mred"],
		["left\u202eright", "left right"],
		["é漢字🙂", "é漢字🙂"],
		["exactly ten", "exactly t…"],
		["123456789🙂", "123456789…"],
		["12345678🙂", "12345678🙂"],
		["\n\n\n", ""],
	] as const)
		it(`makes of ${JSON.stringify(text)} ${JSON.stringify(expected)}`, () =>
			assert.equal(
				oneLine(text, text.startsWith("exactly") || /^\d/.test(text) ? 10 : 40),
				expected,
			));

	it("is one line within its limit, whatever the text", () => {
		const random = seededRandom(1);
		for (let i = 0; i < 500; i++) {
			const text = Array.from({ length: random() * 60 }, () =>
				String.fromCharCode(
					random() < 0.5 ? random() * 0x9f : random() * 0x10000,
				),
			).join("");
			const line = oneLine(text, 20);
			assert.ok(line.length <= 20, JSON.stringify(line));
			assert.doesNotMatch(line, /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u);
			assert.equal(line, line.trim());
		}
	});
});
