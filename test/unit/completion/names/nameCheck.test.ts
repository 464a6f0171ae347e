import assert from "node:assert/strict";
import { cutBefore } from "../../../../src/completion/names/cutBefore.ts";
import {
	hasWord,
	NameCheck,
} from "../../../../src/completion/names/nameCheck.ts";
import type { OfferedNames } from "../../../../src/completion/names/unresolvedName.ts";
import type { DocumentSnapshot } from "../../../../src/completion/text/documentContext.ts";

function snapshotOf(code: string, languageId: string): DocumentSnapshot {
	const offset = code.indexOf("█");
	return {
		uri: "file:///a",
		path: "a",
		languageId,
		indentation: { insertSpaces: false, tabSize: 4 },
		version: 1,
		text: code.replace("█", ""),
		offset,
	};
}

const offered = (...names: string[]): OfferedNames => ({
	names: new Set(names),
	isIncomplete: false,
});

interface Given {
	readonly languageId?: string;
	readonly others?: readonly string[];
	readonly offers?: OfferedNames | undefined;
}

async function kept(
	code: string,
	text: string,
	{ languageId = "typescript", others = [], offers }: Given = {},
): Promise<{ text: string; asked: number }> {
	let asked = 0;
	const check = new NameCheck({ otherTexts: () => others });
	const result = await check.kept(
		snapshotOf(code, languageId),
		{ text, requestId: "1" },
		async () => {
			asked++;
			return offers;
		},
	);
	return { text: result, asked };
}

describe("NameCheck", () => {
	const code = "const width = 1;\n█\nuse(height);";
	for (const [what, text] of [
		["that the document has", "use(width, height);"],
		["of the language", "return new Map<string, Partial<Response>>();"],
		["of members, where no server answers", "width.toWhatever();"],
		["that it declares", "const other = width;\nuse(other);"],
	] as const)
		it(`keeps names ${what}`, async () =>
			assert.equal((await kept(code, text)).text, text));

	it("keeps names of other files", async () => {
		const text = "paint(width);";
		assert.equal((await kept(code, text)).text, "");
		const others = ["export function paint(x: number) {}"];
		assert.deepEqual(await kept(code, text, { others }), { text, asked: 0 });
	});

	it("keeps names that the server offers", async () => {
		const text = "paint(width);";
		assert.deepEqual(await kept(code, text, { offers: offered("paint") }), {
			text,
			asked: 1,
		});
	});

	it("keeps the lines before the first unresolved name", async () =>
		assert.equal(
			(await kept(code, "use(width);\nuse(height);\npaint(width);")).text,
			"use(width);\nuse(height);",
		));

	it("lets only a complete answer of a server say what a member is", async () => {
		const here = "const width = 1;\nwidth.to█\n";
		const text = "Colour();";
		for (const [offers, expected] of [
			[undefined, text],
			[offered(), text],
			[{ ...offered("toFixed"), isIncomplete: true }, text],
			[offered("toFixed"), ""],
			[offered("toFixed", "toColour"), text],
		] as const)
			assert.equal((await kept(here, text, { offers })).text, expected);
	});

	it("takes a private member from its class, without a server", async () => {
		const here =
			"class Shape {\n\t#area = 1;\n\tgrow() {\n\t\tthis.#wide = 2;\n\t\t█\n\t}\n}";
		for (const [text, expected] of [
			["return this.#area;", "return this.#area;"],
			["return this.#wide;", ""],
			["return this.width;", "return this.width;"],
		] as const)
			assert.equal((await kept(here, text)).text, expected);
		const offers = offered("wide");
		assert.equal((await kept(here, "this.#wide;", { offers })).text, "");
	});

	it("checks members of every language, and other names only where they need an import", async () => {
		const offers = offered("area");
		for (const [languageId, text, expected] of [
			["go", "paint(colour)", "paint(colour)"],
			["python", "paint(colour)", ""],
		] as const)
			assert.equal((await kept("█", text, { languageId })).text, expected);
		assert.equal(
			(await kept("shape.█", "paint()", { languageId: "go", offers })).text,
			"",
		);
	});

	for (const [what, here, text, languageId] of [
		["a comment", "/* Where the █", "quick fox jumps", "typescript"],
		["a docstring", 'def f():\n    """The █', "quick fox", "python"],
		["a template literal", "const a = `the █", "quick fox", "typescript"],
		["JSX", "return █", "<p>quick fox</p>;", "javascript"],
		["a wildcard import", "from shapes import *\n█", "paint()", "python"],
		["prose", "█", "the quick fox", "markdown"],
	] as const)
		it(`says nothing in or after ${what}`, async () =>
			assert.deepEqual(await kept(here, text, { languageId }), {
				text,
				asked: 0,
			}));

	it("does not change its mind about an answer that is being typed", async () => {
		const check = new NameCheck({ otherTexts: () => [] });
		const at = (code: string, text: string, offers?: OfferedNames) =>
			check.kept(
				snapshotOf(code, "typescript"),
				{ text, requestId: "1" },
				async () => offers,
			);
		assert.equal(await at("shape.█", "area().total;"), "area().total;");
		const late = offered("width");
		assert.equal(await at("shape.a█", "rea().total;", late), "rea().total;");
		assert.equal(await at("shape.area().█", "total;", late), "total;");
		assert.equal(await at("shape.area().█", "others;", late), "");
		assert.equal(await at("shape.area().█", "others;", offered("others")), "");
	});
});

describe("hasWord", () => {
	it("finds whole words only", () => {
		assert.ok(hasWord("a paint b", "paint"));
		assert.ok(hasWord("repaint(paint)", "paint"));
		assert.ok(!hasWord("repaint(painting)", "paint"));
	});
});

describe("cutBefore", () => {
	for (const [suggestion, name, lineBefore, expected] of [
		["one(name);", "name", "", ""],
		["one();\ntwo(name);", "name", "", "one();"],
		["one();\nif (two) {\n\tname();\n}", "name", "", "one();"],
		["two) {\n\tname();\n}", "name", "if (", ""],
		["one();\n\ttwo +\n\tname;", "name", "", "one();"],
	] as const)
		it(`keeps ${JSON.stringify(expected)} of ${JSON.stringify(suggestion)}`, () =>
			assert.equal(
				cutBefore(suggestion, suggestion.indexOf(name), {
					languageId: "typescript",
					codeBefore: lineBefore,
				}),
				expected,
			));
});
