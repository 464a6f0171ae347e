import assert from "node:assert/strict";
import {
	linesOf,
	regionAround,
	regionFrom,
	regionsOf,
} from "../../../src/workspace/regions.ts";
import { seededRandom } from "../../support/seededRandom.ts";

const block = (name: string, lines: number) =>
	[
		`function ${name}() {`,
		...Array.from({ length: lines - 2 }, (_, i) => `\t${name}${i}();`),
		"}",
	].join("\n");

const spans = (text: string) =>
	regionsOf(text).map(({ startLine, endLine }) => [startLine, endLine]);

function someDocument(random: () => number, blocks: number): string {
	return Array.from({ length: blocks }, (_, i) =>
		block(`f${i}`, 3 + Math.floor(random() * 60)),
	).join(random() < 0.5 ? "\n\n" : "\r\n\r\n\r\n");
}

describe("regionsOf", () => {
	for (const [what, text, expected] of [
		["nothing", "", []],
		["blank lines", "\n \n\t\n", []],
		["only brackets", "{\n}\n", []],
		["a line", "foo();", [[0, 1]]],
		[
			"two blocks, each its own",
			`${block("a", 10)}\n\n${block("b", 10)}\n`,
			[
				[0, 10],
				[11, 21],
			],
		],
		[
			"a short block, which takes the next with it",
			`const a = 1;\n\n${block("b", 10)}`,
			[[0, 12]],
		],
		[
			"a short block before one that is too long for both",
			`const a = 1;\n\n${block("b", 40)}`,
			[
				[0, 1],
				[2, 42],
			],
		],
		["short blocks alone", "a();\n\nb();\n\nc();", [[0, 5]]],
		[
			"a bracket at the margin, which begins nothing",
			`f({\n${"\ta,\n".repeat(10)}\n});`,
			[[0, 13]],
		],
		["a line that is too long", `${"x".repeat(1600)}\nfoo();`, [[1, 2]]],
	] as const)
		it(`splits ${what}`, () => assert.deepEqual(spans(text), expected));

	it("splits a long block at the least indentation, after a blank line", () => {
		const text = `class A {\n${"\tx1();\n".repeat(25)}\n${"\ty1();\n".repeat(25)}}`;
		assert.deepEqual(spans(text), [
			[0, 26],
			[27, 53],
		]);
	});

	it("stays within its limits and loses no line with a word, in 30 documents", () => {
		for (let seed = 0; seed < 30; seed++) {
			const text = someDocument(seededRandom(seed), 12);
			const lines = text.split(/\r?\n/);
			let last = 0;
			for (const { startLine, endLine, text: piece } of regionsOf(text)) {
				assert.ok(endLine - startLine <= 40 && piece.length <= 1500);
				assert.equal(piece, lines.slice(startLine, endLine).join("\n"));
				assert.doesNotMatch(lines.slice(last, startLine).join(""), /\w/);
				last = endLine;
			}
			assert.doesNotMatch(lines.slice(last).join(""), /\w/);
		}
	});

	it("changes no region far after an edit, in 30 documents", () => {
		for (let seed = 0; seed < 30; seed++) {
			const random = seededRandom(seed);
			const tail = `${block("border", 12)}\n\n${someDocument(random, 8)}`;
			const texts = ["", "const x = 1;\n\n", `${block("g", 30)}\n\n`].map(
				(head) =>
					regionsOf(`${block("a", 12)}\n\n${head}${tail}`)
						.map(({ text }) => text)
						.filter((text) => !/\b(?:x|g|a|border)\b/.test(text)),
			);
			assert.ok((texts[0] ?? []).length > 3);
			assert.deepEqual(texts[1], texts[0]);
			assert.deepEqual(texts[2], texts[0]);
		}
	});
});

describe("regionFrom", () => {
	it("is the whole block where that fits, and else its head", () => {
		const lines = linesOf([block("a", 12), block("b", 60)].join("\n"));
		const span = (start: number, end: number) => {
			const it = regionFrom(lines, start, end);
			return it && [it.startLine, it.endLine];
		};
		assert.deepEqual(span(0, 12), [0, 12]);
		assert.deepEqual(span(12, 72), [12, 52]);
		assert.deepEqual(span(70, 500), [70, 72]);
		assert.equal(regionFrom(["}", ""], 0, 2), undefined);
	});
});

describe("regionAround", () => {
	const text = [block("a", 12), block("b", 12), block("c", 60)].join("\n\n");
	for (const [line, expected] of [
		[-5, [0, 12]],
		[0, [0, 12]],
		[14, [0, 25]],
		[19, [0, 30]],
		[60, [50, 71]],
		[1000, [75, 86]],
	] as const)
		it(`of line ${line} is ${expected.join(" to ")}`, () => {
			const { startLine, endLine } = regionAround(text, line) ?? {};
			assert.deepEqual([startLine, endLine], expected);
		});

	it("is smaller where lines are long, and contains the line itself", () => {
		const long = Array.from(
			{ length: 50 },
			(_, i) => `line${i} ${"x".repeat(200)}`,
		).join("\n");
		for (const line of [0, 25, 49]) {
			const around = regionAround(long, line);
			assert.ok(around && around.text.length <= 1500);
			assert.ok(around.text.includes(`line${line} `));
		}
	});

	it("is undefined in an empty document", () => {
		assert.equal(regionAround("\n\n", 1), undefined);
		assert.equal(regionAround("x".repeat(2000), 0), undefined);
	});
});
