import assert from "node:assert/strict";
import { filterPlace } from "../../../../src/completion/filters/filterPlace.ts";
import { doubtfulNames } from "../../../../src/completion/names/unresolvedName.ts";
import {
	placeOf,
	samePlace,
} from "../../../../src/completion/session/suggestion.ts";
import { openBrackets } from "../../../../src/completion/text/brackets.ts";
import {
	documentContext,
	lineAfter,
	lineBefore,
	lineStart,
} from "../../../../src/completion/text/documentContext.ts";
import { windowAround } from "../../../../src/completion/text/documentWindow.ts";
import { at } from "../../../support/cursor.ts";

describe("documents that are unusual", () => {
	for (const [what, line, languageId] of [
		["a division and many brackets", "x = a / (w[0] * h[0] + ", "typescript"],
		["a path and many escapes", '"see /docs ', "json"],
	] as const)
		it(`cost as much as the text is long: ${what}`, () => {
			const pieces = languageId === "json" ? '\\"a\\" ' : "w[0] * h[0] + ";
			const prefix = `${line}${pieces.repeat(1200)}\n`;
			assert.deepEqual(openBrackets(prefix, "\n", languageId), {
				")": languageId === "json" ? 0 : 1,
				"]": 0,
				"}": 0,
			});
		});

	it("have brackets that are counted only where all of the document is known", () => {
		const place = (text: string) => {
			const snapshot = at(text, { languageId: "typescript" });
			return filterPlace(snapshot, documentContext(snapshot), "line");
		};
		assert.equal(place("f(█\r\n".repeat(1)).openBrackets?.[")"], 1);
		assert.equal(
			place(`f(█${"\r\n".repeat(2000)}`).openBrackets?.[")"],
			1,
			"line ends of two characters are one",
		);
		assert.equal(place(`f(█${"\r\nx".repeat(9000)}`).openBrackets, undefined);
	});

	it("have lines of which only what is near the cursor is read", () => {
		const long = "x".repeat(3_000_000);
		assert.equal(lineBefore(long, long.length).length, 16 * 1024);
		assert.equal(lineAfter(long, 1).length, 16 * 1024);
		assert.equal(lineStart(`ab\r\n${long}`, 1000), 4);
	});

	it("have a start for a line of millions of characters that typing does not move", () => {
		const long = "x".repeat(3_000_000);
		const starts = new Set(
			[2_500_000, 2_500_001, 2_500_100].map((it) => lineStart(long, it)),
		);
		assert.equal(starts.size, 1);
	});

	it("are completed as their lines near the cursor, which stay the same there", () => {
		assert.deepEqual(windowAround(0, 10), { startLine: 0, endLine: 10 });
		assert.deepEqual(windowAround(999, 500_000), {
			startLine: 0,
			endLine: 2000,
		});
		for (const line of [7000, 7500, 7999]) {
			const { startLine, endLine } = windowAround(line, 500_000);
			assert.deepEqual([startLine, endLine], [6000, 9000]);
		}
		assert.deepEqual(windowAround(499_999, 500_000), {
			startLine: 498_000,
			endLine: 500_000,
		});
	});

	it("have other places for the same offset in another part", () => {
		const here = at("a\nb█\nc\n");
		assert.equal(placeOf(here).offset, here.offset);
		assert.ok(!samePlace(placeOf(here), placeOf({ ...here, start: 1000 })));
	});

	it("have no names that are sure to be undefined", () => {
		const here = at("f(█)\n", { languageId: "typescript" });
		const names = (snapshot: typeof here) =>
			doubtfulNames(snapshot, "unheardOf", () => false).map(({ name }) => name);
		assert.deepEqual(names(here), ["unheardOf"]);
		assert.deepEqual(names({ ...here, start: 0 }), []);
	});

	it("have no pair of surrogates cut in two", () => {
		const long = "😀".repeat(20_000);
		for (const offset of [39_998, 40_000]) {
			assert.match(lineBefore(long, offset), /^(?:😀)+$/u);
			assert.match(
				lineAfter(`${"x".repeat(offset % 3)}${long}`, offset % 3),
				/^(?:😀)+$/u,
			);
		}
	});
});
