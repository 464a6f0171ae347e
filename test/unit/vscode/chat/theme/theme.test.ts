import assert from "node:assert/strict";
import path from "node:path";
import {
	findTheme,
	readTheme,
	tokenTheme,
} from "../../../../../src/vscode/chat/theme/resolveTheme.ts";
import {
	customRules,
	parseThemeFile,
	themesOf,
} from "../../../../../src/vscode/chat/theme/themeFile.ts";

const files: Readonly<Record<string, string>> = {
	"/themes/own.json": `{
		"include": "./base/dark.json", // what it begins with
		"colors": { "editor.foreground": "#eee", "unused": "#fff", "broken": null },
		"tokenColors": [
			{ "scope": "comment", "settings": { "foreground": "#0f0" } },
			{ "scope": 7, "settings": {} },
			{ "settings": { "foreground": "#ddd" } },
		],
	}`,
	"/themes/base/dark.json": JSON.stringify({
		colors: { "editor.background": "#111", "editor.foreground": "#ccc" },
		tokenColors: [{ scope: ["string"], settings: { fontStyle: "italic" } }],
	}),
	"/themes/loop.json": '{"include": "loop.json"}',
	"/themes/textMate.json": '{"tokenColors": "./x.tmTheme"}',
	"/themes/lost.json": '{"include": "./gone.json"}',
	"/themes/none.json": "7",
};
const read = (file: string) =>
	readTheme(
		file,
		async (it) => files[it],
		(from, include) => path.posix.join(path.posix.dirname(from), include),
	);

describe("a theme's files", () => {
	it("are merged, and the including file takes precedence", async () => {
		const found = await read("/themes/own.json");
		assert.ok(found);
		assert.deepEqual(tokenTheme("vs-dark", found, []), {
			type: "dark",
			colors: { "editor.background": "#111", "editor.foreground": "#eee" },
			tokenColors: [
				{ scope: ["string"], settings: { fontStyle: "italic" } },
				{ scope: "comment", settings: { foreground: "#0f0" } },
				{ settings: { foreground: "#ddd" } },
			],
		});
	});

	it("end if a theme includes itself", async () => {
		assert.ok(((await read("/themes/loop.json"))?.length ?? 0) < 20);
	});

	for (const file of ["textMate", "lost", "none", "gone"])
		it(`are undefined if one cannot be read: ${file}`, async () => {
			assert.equal(await read(`/themes/${file}.json`), undefined);
		});

	for (const text of ["", "[]", "null", '{"colors": 7, "tokenColors": {}}'])
		it(`are not taken from ${JSON.stringify(text)}`, () => {
			assert.equal(parseThemeFile(text), undefined);
		});

	it("are light or dark as VS Code decides", () => {
		for (const [uiTheme, type] of [
			["vs", "light"],
			["vs-dark", "dark"],
			["hc-black", "dark"],
			["hc-light", "light"],
		] as const)
			assert.equal(tokenTheme(uiTheme, [], []).type, type);
	});
});

describe("the themes of an extension", () => {
	const themes = themesOf({
		contributes: {
			themes: [
				{ id: "Night", label: "Nacht", uiTheme: "vs-dark", path: "./n.json" },
				{ label: "Day", uiTheme: "vs", path: "./d.json" },
				{ label: "Broken", uiTheme: "purple", path: "./b.json" },
			],
		},
	});

	it("are found by the name of the settings, and by their kind", () => {
		assert.equal(findTheme(themes, ["Night"], "vs-dark")?.path, "./n.json");
		assert.equal(findTheme(themes, ["Nacht"], "vs-dark"), undefined);
		assert.equal(findTheme(themes, ["Night", "Day"], "vs")?.path, "./d.json");
		assert.equal(findTheme(themes, ["Broken", ""], "vs"), undefined);
	});

	it("are empty for a manifest without themes", () => {
		for (const manifest of [undefined, {}, { contributes: { themes: 1 } }])
			assert.deepEqual(themesOf(manifest), []);
	});
});

describe("the user's token colors", () => {
	const raw = {
		comments: "#0f0",
		strings: { foreground: "#00f", fontStyle: "bold" },
		numbers: 7,
		textMateRules: [
			{ scope: "x", settings: { foreground: "#123" } },
			{ scope: "broken" },
		],
		"[Night]": { comments: "#f00" },
		"[Day][Night*]": { functions: "#abc" },
		"[Other]": { types: "#abc" },
	};

	it("are rules, those for the theme last", () => {
		assert.deepEqual(
			customRules(raw, "Night").map(({ scope, settings }) => [
				[scope].flat()[0],
				settings.foreground,
			]),
			[
				["comment", "#0f0"],
				["string", "#00f"],
				["x", "#123"],
				["comment", "#f00"],
				["entity.name.function", "#abc"],
			],
		);
	});

	for (const [wildcard, isMeant] of [
		["*", true],
		["Dark*", true],
		["*Modern", true],
		["D*k*n", true],
		["Dark Modern*", true],
		["**Dark**", true],
		["Dark", false],
		["*dark*", false],
		["Dark M*Modern", false],
		["*M*M*", false],
		// As a regular expression this one came to no end.
		[`${"*r".repeat(3)}${"*".repeat(5_000)}!`, false],
	] as const)
		it(`are ${isMeant ? "" : "not "}for Dark Modern as [${wildcard.slice(0, 20)}]`, () => {
			const raw = { [`[${wildcard}]`]: { comments: "#f00" } };
			assert.equal(customRules(raw, "Dark Modern").length, isMeant ? 1 : 0);
		});

	it("are empty for an invalid setting", () => {
		for (const none of [undefined, null, 7, "x", []])
			assert.deepEqual(customRules(none, "Night"), []);
	});
});
