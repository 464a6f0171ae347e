import assert from "node:assert/strict";
import { ignoredBy } from "../../../src/workspace/gitignore.ts";

describe("ignoredBy", () => {
	for (const [text, path, expected] of [
		["", "a.ts", false],
		["# a.ts\n\n", "a.ts", false],
		["*.log", "deep/down/a.log", true],
		["*.log", "a.log.ts", false],
		["/a.ts", "a.ts", true],
		["/a.ts", "sub/a.ts", false],
		["doc/a.txt", "x/doc/a.txt", false],
		["build/", "build/a.js", true],
		["build/", "x/build/deep/a.js", true],
		["build/", "build", false],
		["build", "build", true],
		["**/gen", "a/b/gen/c.ts", true],
		["a/**/z", "a/z", true],
		["a/**/z", "a/b/c/z", true],
		["gen/**", "gen/a/b.ts", true],
		["gen/**", "x/gen/a.ts", false],
		["*.log\n!keep.log", "keep.log", false],
		["*.log\n!keep.log", "a.log", true],
		["!keep.log\n*.log", "keep.log", true],
		["build/\n!build/keep.ts", "build/keep.ts", true],
		["build/*\n!build/keep.ts", "build/keep.ts", false],
		["a[0-9].ts", "a7.ts", true],
		["a[0-9].ts", "ab.ts", false],
		["a[!0-9].ts", "ab.ts", true],
		["a?.ts", "ab.ts", true],
		["a?.ts", "a/.ts", false],
		["a*.ts", "a/b.ts", false],
		["\\#a.ts", "#a.ts", true],
		["\\!a.ts", "!a.ts", true],
		["a\\*.ts", "a*.ts", true],
		["a\\*.ts", "ab.ts", false],
		["a.ts   ", "a.ts", true],
		["a.ts\\ ", "a.ts ", true],
		["a.ts\r\nb.ts\r\n", "a.ts", true],
		["\uFEFFa.ts", "a.ts", true],
		["A.ts", "a.TS", true],
		["[", "a.ts", false],
		["/", "a.ts", false],
		["*", "a.ts", true],
		["*", "", false],
		["*", "../other/a.ts", false],
		["*", "/home/a.ts", false],
		["*", "./a.ts", false],
	] as const)
		it(`is ${expected} for ${JSON.stringify(path)} under ${JSON.stringify(text)}`, () =>
			assert.equal(ignoredBy([{ folder: "", text }])(path), expected));

	/** The rules of the workspace and of the folder `sub`, and a path to test. */
	for (const [root, sub, path, expected] of [
		["", "*.log", "sub/a.log", true],
		["", "*.log", "a.log", false],
		["", "*.log", "subway/a.log", false],
		["", "a.ts", "sub/deep/a.ts", true],
		["", "/a.ts", "sub/a.ts", true],
		["", "/a.ts", "sub/deep/a.ts", false],
		["", "x/a.ts", "sub/x/a.ts", true],
		["", "x/a.ts", "sub/y/x/a.ts", false],
		["", "**/x/a.ts", "sub/y/x/a.ts", true],
		["", "build/", "sub/y/build/a.ts", true],
		["", "*", "sub/a.ts", true],
		["", "*", "a.ts", false],
		["", "/", "sub/a.ts", false],
		["*.log", "!keep.log", "sub/keep.log", false],
		["*.log", "!keep.log", "keep.log", true],
		["*.log", "!keep.log", "sub/a.log", true],
		["!a.log", "*.log", "sub/a.log", true],
		["sub/", "!a.ts", "sub/a.ts", true],
		["sub/*", "!a.ts", "sub/a.ts", false],
		["logs/", "!logs/", "sub/logs/a.ts", false],
		["logs/", "!logs/", "logs/a.ts", true],
		["", "\\#a.ts", "sub/#a.ts", true],
		["", "!\\!a.ts", "sub/!a.ts", false],
		["", "\\!a.ts", "sub/!a.ts", true],
		["", "# *", "sub/a.ts", false],
	] as const)
		it(`is ${expected} for ${path} under ${JSON.stringify(root)} and ${JSON.stringify(sub)} in sub`, () => {
			const files = [
				{ folder: "sub", text: sub },
				{ folder: "", text: root },
			];
			assert.equal(ignoredBy(files)(path), expected);
			assert.equal(ignoredBy(files.reverse())(path), expected);
		});

	it("takes the name of a folder literally", () => {
		const isIgnored = ignoredBy([{ folder: "[id]*", text: "a.ts" }]);
		assert.equal(isIgnored("[id]*/a.ts"), true);
		assert.equal(isIgnored("i/a.ts"), false);
	});

	it("gives precedence to the deepest file", () => {
		const isIgnored = ignoredBy([
			{ folder: "a/b", text: "*.ts" },
			{ folder: "a", text: "!*.ts" },
			{ folder: "", text: "*.ts" },
		]);
		assert.deepEqual(
			["x.ts", "a/x.ts", "a/b/x.ts", "a/bc/x.ts"].filter(isIgnored),
			["x.ts", "a/b/x.ts"],
		);
	});
});
