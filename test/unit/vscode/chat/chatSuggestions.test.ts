import assert from "node:assert/strict";
import { english } from "../../../../src/base/sentence.ts";
import {
	commandSuggestions,
	foldersOf,
	kindSuggestions,
	maxSuggestions,
	parseAttachableQuery,
	pathSuggestions,
	symbolSuggestions,
} from "../../../../src/vscode/chat/chatSuggestions.ts";

describe("suggestions for the chat's input", () => {
	for (const [query, kind, text] of [
		["", "any", ""],
		["fi", "any", "fi"],
		["file:", "file", ""],
		["file:src/a", "file", "src/a"],
		['folder:"my', "folder", "my"],
		["symbol:Fo", "symbol", "Fo"],
		["problems:x", "any", "problems:x"],
	] as const)
		it(`reads "#${query}" as ${kind}`, () => {
			assert.deepEqual(parseAttachableQuery(query), { kind, text });
		});

	it("lists the commands that match, with descriptions", () => {
		assert.equal(commandSuggestions("", english).length, 5);
		assert.deepEqual(commandSuggestions("FI", english), [
			{
				id: "command:fix",
				label: "/fix",
				detail: "Find and fix problems",
				insert: "/fix ",
			},
		]);
		assert.deepEqual(commandSuggestions("x", english), []);
	});

	it("continues typing if a name has to follow, and makes the others chips", () => {
		const found = kindSuggestions("", english).map(
			({ suggestion: { label, insert }, attachable }) =>
				`${label} -> ${insert || attachable?.kind}`,
		);
		assert.deepEqual(found, [
			"#file -> #file:",
			"#folder -> #folder:",
			"#symbol -> #symbol:",
			"#problems -> problems",
			"#changes -> changes",
		]);
	});

	it("shows files by their names with their folders beside them", () => {
		const [first, ...others] = pathSuggestions("file", "at", [
			"src/base/abort.ts",
			"src/chat/attach.ts",
			"README.md",
		]);
		assert.deepEqual(first, {
			suggestion: {
				id: "file:src/chat/attach.ts",
				label: "attach.ts",
				detail: "src/chat",
				insert: "",
			},
			attachable: { kind: "file", path: "src/chat/attach.ts" },
		});
		assert.deepEqual(
			others.map(({ suggestion }) => suggestion.label),
			["abort.ts"],
		);
	});

	it("limits the list", () => {
		const paths = Array.from({ length: 500 }, (_, index) => `a${index}.ts`);
		assert.equal(pathSuggestions("file", "a", paths).length, maxSuggestions);
	});

	it("shows a symbol once, and distinguishes equal names by their places", () => {
		const at = (path: string, line: number) => ({ name: "run", path, line });
		const found = symbolSuggestions("ru", [
			at("a.ts", 0),
			at("b.ts", 4),
			at("a.ts", 0),
			{ name: "walk", path: "a.ts", line: 9 },
		]);
		assert.deepEqual(
			found.map(({ suggestion: { label, detail } }) => `${label} ${detail}`),
			["run a.ts:1", "run b.ts:5"],
		);
	});

	it("derives the folders from the paths of the files", () => {
		assert.deepEqual(
			foldersOf(["a.ts", "src/deep/b.ts", "src/c.ts", "src/deep/er/d.ts"]),
			["src/deep", "src", "src/deep/er"],
		);
	});
});
