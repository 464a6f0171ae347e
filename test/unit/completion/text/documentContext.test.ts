import assert from "node:assert/strict";
import {
	documentContext,
	lineBefore,
} from "../../../../src/completion/text/documentContext.ts";
import { at } from "../../../support/cursor.ts";
import { seededRandom } from "../../../support/seededRandom.ts";

describe("documentContext", () => {
	it("splits a document at the cursor", () =>
		assert.deepEqual(documentContext(at("a\n\tfoo(█);\nb\n")), {
			prefixBlocks: ["a\n"],
			line: "\tfoo(",
			suffix: ");\nb\n",
			lineBefore: "\tfoo(",
			lineAfter: ");",
		}));

	it("has line feeds only", () =>
		assert.deepEqual(documentContext(at("a\r\nb█c\r\nd")), {
			prefixBlocks: ["a\n"],
			line: "b",
			suffix: "c\nd",
			lineBefore: "b",
			lineAfter: "c",
		}));

	it("takes the line from any line end to the cursor", () => {
		for (const [document, line] of [
			["█", ""],
			["\n█", ""],
			["█\n", ""],
			["ab█c", "ab"],
			["x\nab█c", "ab"],
			["x\r\nab█c", "ab"],
			["x\rab█c", "ab"],
			["x\n\rab█c\n", "ab"],
		] as const) {
			const { text, offset } = at(document);
			assert.equal(lineBefore(text, offset), line);
		}
	});

	it("splits an empty document", () =>
		assert.deepEqual(documentContext(at("█")), {
			prefixBlocks: [],
			line: "",
			suffix: "",
			lineBefore: "",
			lineAfter: "",
		}));

	/** A document of random lines, blank ones and long ones among them. */
	function someDocument(seed: number, lines: number): string {
		const random = seededRandom(seed);
		return Array.from({ length: lines }, () =>
			random() < 0.2
				? ""
				: `${"\t".repeat(random() * 4)}${"word ".repeat(1 + random() * 20)}`,
		).join(random() < 0.5 ? "\n" : "\r\n");
	}

	it("neither loses nor duplicates nearby text, at any place of 20 documents", () => {
		for (let seed = 0; seed < 20; seed++) {
			const text = someDocument(seed, 400);
			for (let offset = 0; offset <= text.length; offset += 97) {
				const { prefixBlocks, line, suffix } = documentContext({
					uri: "",
					path: "",
					languageId: "typescript",
					indentation: { insertSpaces: false, tabSize: 4 },
					version: 1,
					text,
					offset,
				});
				const unix = (it: string) => it.replace(/\r\n?/g, "\n");
				const prefix = prefixBlocks.join("") + line;
				assert.ok(unix(text.slice(0, offset)).endsWith(prefix));
				assert.ok(prefix.length >= Math.min(offset, 14_000) * 0.9);
				assert.ok(unix(text.slice(offset)).startsWith(suffix));
			}
		}
	});

	it("moves no border during typing at the end", () => {
		const text = someDocument(3, 900);
		let moved = 0;
		let last: readonly string[] = [];
		for (let offset = 20_000; offset < 21_000; offset++) {
			const { prefixBlocks } = documentContext({
				uri: "",
				path: "",
				languageId: "typescript",
				indentation: { insertSpaces: false, tabSize: 4 },
				version: 1,
				text: text.slice(0, offset),
				offset,
			});
			// All blocks but the one that grows are the same, and so is where that one starts.
			if (
				last.length > 0 &&
				JSON.stringify(prefixBlocks.slice(0, last.length - 1)) !==
					JSON.stringify(last.slice(0, -1))
			)
				moved++;
			last = prefixBlocks;
		}
		// Two blocks of 512 characters left at the front while a thousand came at the end.
		assert.ok(moved <= 2, `${moved} moves`);
	});

	it("puts no border between a line end and the next, or into blank lines", () => {
		for (const block of documentContext({
			...at(`${"x\r\n\r\n".repeat(2000)}█`),
		}).prefixBlocks.slice(1))
			assert.match(block, /^x/);
	});

	it("keeps a file of one long line whole", () => {
		const { prefixBlocks, line } = documentContext(
			at(`${"x".repeat(40_000)}█`),
		);
		assert.deepEqual(prefixBlocks, []);
		assert.ok(line.length > 15 * 1024 && line.length <= 16 * 1024);
	});

	it("splits no surrogate pair", () => {
		for (let lead = 0; lead < 4; lead++) {
			const { prefixBlocks, line, suffix } = documentContext(
				at(`${"x".repeat(lead)}${"𝄞".repeat(20_000)}█${"𝄞".repeat(5000)}`),
			);
			for (const text of [...prefixBlocks, line, suffix])
				assert.doesNotMatch(text, /\p{Surrogate}/u);
		}
	});
});
