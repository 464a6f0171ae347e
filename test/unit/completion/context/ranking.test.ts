import assert from "node:assert/strict";
import type {
	CandidateKind,
	SnippetCandidate,
} from "../../../../src/completion/context/contextStore.ts";
import { countWords } from "../../../../src/completion/context/identifiers.ts";
import {
	areNearDuplicates,
	significantLines,
} from "../../../../src/completion/context/lineOverlap.ts";
import {
	localWindow,
	queryOf,
} from "../../../../src/completion/context/localWindow.ts";
import { rankCandidates } from "../../../../src/completion/context/ranking.ts";
import { at } from "../../../support/cursor.ts";
import { seededRandom } from "../../../support/seededRandom.ts";

function candidate(
	path: string,
	text: string,
	{ kind = "open" as CandidateKind, sequence = 1, startLine = 0 } = {},
): SnippetCandidate {
	return {
		path,
		text,
		kind,
		sequence,
		startLine,
		endLine: startLine + text.split("\n").length,
		words: countWords(text),
	};
}

function local(marked: string) {
	const { path, text, offset } = at(marked);
	return localWindow(path, text, offset);
}

const paths = (candidates: readonly { readonly path: string }[]) =>
	candidates.map(({ path }) => path);

describe("localWindow", () => {
	it("consists of whole lines around the cursor, three quarters of them before it", () => {
		const line = `${"x".repeat(29)}\n`;
		const { before, after } = local(
			`${line.repeat(200)}now(█);\n${line.repeat(200)}`,
		);
		assert.equal(before, `${line.repeat(74)}now(`);
		assert.equal(after, `);\n${line.repeat(24).trimEnd()}`);
	});

	it("takes a part of one long line", () => {
		const { before, after } = local(`${"x".repeat(5000)}█${"y".repeat(5000)}`);
		assert.deepEqual([before.length, after.length], [2250, 750]);
	});

	it("is all of a short document", () =>
		assert.deepEqual(local("a\nb█c\n"), {
			path: "src/a.ts",
			before: "a\nb",
			after: "c\n",
			imports: "",
		}));

	it("recognizes the imports of some languages", () => {
		const imports = [
			'import { a } from "./a.ts";',
			'export * from "./b.ts";',
			"from os import path",
			"use std::fs;",
			"using System;",
			'#include "c.h"',
			'const d = require("d");',
		];
		assert.equal(
			local(`${imports.join("\nconst x = 1;\n")}\n█`).imports,
			imports.join("\n"),
		);
	});
});

describe("queryOf", () => {
	it("weights a word by its nearest line, and an import by a quarter", () => {
		const far = "far();\n";
		const query = queryOf(
			local(
				`import { imported } from "x";\n${"\n".repeat(3000)}${far}${"\n".repeat(9)}near(█);\nfar();\nbelow();`,
			),
		);
		assert.deepEqual(
			["near", "far", "below", "imported", "absent"].map((it) => query.get(it)),
			[1, 10 / 11, 10 / 12, 0.25, undefined],
		);
	});
});

describe("areNearDuplicates", () => {
	const lines = (...names: string[]) =>
		names.map((it) => `${it}();`).join("\n");
	for (const [what, a, b, expected] of [
		["the same", lines("first", "second"), lines("first", "second"), true],
		["nothing", "", "", false],
		["only brackets", "{\n}\n", "{\n}\n", false],
		["half", lines("first", "second"), lines("first", "third"), false],
		[
			"more than half",
			lines("first", "second", "third"),
			lines("first", "second", "other"),
			true,
		],
		[
			"a piece and the whole",
			lines("second"),
			lines("first", "second", "third", "fourth"),
			true,
		],
		["another indentation", "\t\tfirst();", "first();\r\n", true],
		["the same words in other lines", "first(second)", "second(first)", false],
	] as const)
		it(`of ${what} is ${expected}`, () => {
			assert.equal(
				areNearDuplicates(significantLines(a), significantLines(b)),
				expected,
			);
			assert.equal(
				areNearDuplicates(significantLines(b), significantLines(a)),
				expected,
			);
		});
});

describe("rankCandidates", () => {
	it("prefers candidates that share more and rarer words with the text around the cursor", () => {
		const ranked = rankCandidates(
			[
				candidate("none.ts", "paint(canvas);"),
				candidate("common.ts", "render(common);"),
				candidate("both.ts", "parseHeader(common);"),
				candidate("more.ts", "weather(common);"),
			],
			local("common(parseHeader(█"),
		);
		assert.deepEqual(paths(ranked), ["both.ts", "common.ts", "more.ts"]);
	});

	it("prefers candidates that share words with a nearer line", () => {
		const ranked = rankCandidates(
			[candidate("a.ts", "distant(one);"), candidate("b.ts", "close(two);")],
			local(`distant();\n${"\n".repeat(20)}close(█`),
		);
		assert.deepEqual(paths(ranked), ["b.ts", "a.ts"]);
	});

	it("orders equal scores by kind, event, path and line", () => {
		const text = (i: number) => `wanted(thing${i});`;
		const ranked = rankCandidates(
			[
				candidate("f.ts", text(1), { startLine: 9 }),
				candidate("f.ts", text(2), { startLine: 3 }),
				candidate("e.ts", text(3)),
				candidate("d.ts", text(4), { sequence: 2 }),
				candidate("c.ts", text(5), { kind: "visited" }),
				candidate("b.ts", text(6), { kind: "edited" }),
				candidate("a.ts", text(7), { kind: "definition" }),
			],
			local("wanted(█"),
		);
		assert.deepEqual(
			ranked.map(({ path, startLine }) => [path, startLine]),
			[
				["a.ts", 0],
				["b.ts", 0],
				["c.ts", 0],
				["d.ts", 0],
				["e.ts", 0],
				["f.ts", 3],
				["f.ts", 9],
			],
		);
	});

	it("prefers the definition of a name to code that uses it more", () => {
		const ranked = rankCandidates(
			[
				candidate("uses.ts", "parseHeader(one);\nparseHeader(two);"),
				candidate("defines.ts", "function parseHeader(text) { return 1; }", {
					kind: "definition",
				}),
			],
			local("parseHeader(█"),
		);
		assert.deepEqual(paths(ranked), ["defines.ts", "uses.ts"]);
	});

	it("normalizes by length", () => {
		const ranked = rankCandidates(
			[
				candidate("a.ts", `wanted();\n${"filler(words);\n".repeat(40)}`),
				candidate("b.ts", "wanted(other);"),
			],
			local("wanted(█"),
		);
		assert.deepEqual(paths(ranked), ["b.ts", "a.ts"]);
	});

	it("drops the document itself, and near-duplicates of the text around the cursor or of a better candidate", () => {
		const copied = "const total = price * count;\nreturn total;";
		const twice = "function priceOf(count) {\n\treturn rates[count];\n}";
		const ranked = rankCandidates(
			[
				candidate("src/a.ts", "price(count);"),
				candidate("copy.ts", copied),
				candidate("old.ts", twice),
				candidate("new.ts", twice, { kind: "edited" }),
			],
			local(`${copied}\nprice█`),
		);
		assert.deepEqual(paths(ranked), ["new.ts"]);
	});

	it("returns nothing without candidates or words", () => {
		assert.deepEqual(rankCandidates([], local("foo█")), []);
		assert.deepEqual(
			rankCandidates([candidate("a.ts", "foo();")], local("█")),
			[],
		);
		assert.deepEqual(
			rankCandidates([candidate("a.ts", "1 + 1")], local("foo█")),
			[],
		);
	});

	it("does not depend on the order of the candidates, in 50 random sets", () => {
		for (let seed = 0; seed < 50; seed++) {
			const random = seededRandom(seed);
			const word = () => `word${Math.floor(random() * 30)}`;
			const candidates = Array.from({ length: 40 }, (_, i) =>
				candidate(
					`f${i % 7}.ts`,
					Array.from({ length: 6 }, () => `${word()}(${word()});`).join("\n"),
					{ sequence: i, startLine: i },
				),
			);
			const window = local(`${word()}\n${word()}\n${word()}(█`);
			const expected = rankCandidates(candidates, window);
			assert.ok(expected.length > 0 && expected.length <= 32);
			const shuffled = candidates
				.map((it) => [random(), it] as const)
				.sort(([a], [b]) => a - b)
				.map(([, it]) => it);
			assert.deepEqual(rankCandidates(shuffled, window), expected);
		}
	});
});
