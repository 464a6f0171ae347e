import assert from "node:assert/strict";
import {
	jointProbability,
	surePart,
} from "../../../../src/completion/confidence/gate.ts";
import type { Piece } from "../../../../src/completion/confidence/pieces.ts";
import { seededRandom } from "../../../support/seededRandom.ts";

function pieces(...them: readonly (readonly [string, number])[]): Piece[] {
	return them.map(([text, probability]) => ({ text, probability }));
}

describe("the sure part of a suggestion", () => {
	const call = pieces(
		["result", 0.9],
		[".push", 0.9],
		["(item", 0.5],
		["Name", 0.5],
		[");", 0.9],
	);

	it("ends where the joint probability falls below the threshold", () => {
		assert.equal(surePart(call, 0, 0, "typescript"), "result.push(itemName);");
		assert.equal(
			surePart(call, 0, 0.15, "typescript"),
			"result.push(itemName);",
		);
		assert.equal(surePart(call, 0, 0.5, "typescript"), "result.push");
		assert.equal(surePart(call, 0, 0.95, "typescript"), "");
	});

	it("never ends inside a word", () => {
		assert.equal(surePart(call, 0, 0.3, "typescript"), "result.push");
		assert.equal(
			surePart(pieces(["fo", 1], ["obar", 0.1]), 0, 0.5, "typescript"),
			"",
		);
		assert.equal(
			surePart(pieces(["let grö", 1], ["ße2", 0.1]), 0, 0.5, "typescript"),
			"let",
		);
	});

	it("never ends inside a string literal that it begins", () => {
		const call = pieces(["return ", 1], ['f"Hello, ', 0.9], ['{name}";', 0.2]);
		assert.equal(surePart(call, 0, 0.5, "typescript"), "return");
		assert.equal(
			surePart(call, 'return f"'.length, 0.5, "typescript"),
			"Hello,",
		);
		const two = pieces(["a('b\\'c', ", 0.9], ['"d" + ', 0.9], ["e)", 0.1]);
		assert.equal(surePart(two, 0, 0.5, "typescript"), "a('b\\'c', \"d\" +");
		const prose = pieces(["// it isn't ", 1], ["known", 0.1]);
		assert.equal(surePart(prose, 0, 0.5, "typescript"), "// it isn't");
	});

	it("has no white space at its end", () => {
		assert.equal(
			surePart(pieces(["a, b;\n\t", 1], ["c()", 0.1]), 0, 0.5, "typescript"),
			"a, b;",
		);
	});

	it("counts what is typed as certain, and of a token typed in part only the rest", () => {
		assert.equal(surePart(call, 11, 0.5, "typescript"), "");
		assert.equal(
			surePart(call, "result.push(item".length, 0.45, "typescript"),
			"Name);",
		);
		// Half of the token is left: 0.25 ** 0.5 = 0.5.
		const half = pieces(["abcdef", 0.25]);
		assert.equal(surePart(half, 0, 0.5, "typescript"), "");
		assert.equal(surePart(half, 3, 0.5, "typescript"), "def");
		assert.equal(jointProbability(half, 3, 6), 0.5);
		assert.equal(jointProbability(call, 6, 15), 0.45);
	});

	it("is empty where less than three characters are left, unless there were more and they are typed through", () => {
		assert.equal(surePart(pieces(["ab", 1]), 0, 0.5, "typescript"), "");
		assert.equal(surePart(pieces(["abc", 1]), 0, 0.5, "typescript"), "abc");
		assert.equal(surePart(pieces(["abc", 1]), 2, 0.5, "typescript"), "c");
		const late = pieces(["ab", 0.1], ["cd", 0.9]);
		assert.equal(surePart(late, 2, 0.5, "typescript"), "");
		assert.equal(surePart(late, 2, 0.05, "typescript"), "cd");
	});

	it("never loses anything while it is typed through", () => {
		const random = seededRandom(5);
		const alphabet = [
			"foo",
			"ba",
			"_x1",
			" ",
			"(",
			", ",
			")",
			".",
			" = ",
			"\n\t",
		];
		for (let round = 0; round < 2000; round++) {
			const them = Array.from({ length: 1 + Math.floor(random() * 8) }, () => ({
				text: alphabet[Math.floor(random() * alphabet.length)] ?? "",
				probability: 0.4 + 0.6 * random(),
			}));
			const text = them.map((piece) => piece.text).join("");
			const threshold = random();
			let shown = surePart(them, 0, threshold, "typescript");
			for (let typed = 1; typed <= text.length; typed++) {
				const next = surePart(them, typed, threshold, "typescript");
				assert.ok(text.startsWith(next, typed));
				if (shown !== "") assert.ok(next.startsWith(shown.slice(1)));
				shown = next;
			}
		}
	});
});
