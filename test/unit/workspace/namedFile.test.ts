import assert from "node:assert/strict";
import { fileNamed } from "../../../src/workspace/namedFile.ts";

describe("fileNamed", () => {
	const paths = ["a.ts", "src/a.ts", "src/deep/b.ts", "lib/deep/c.ts", "xb.ts"];
	for (const [name, expected] of [
		["a.ts", { kind: "found", path: "a.ts" }],
		["b.ts", { kind: "found", path: "src/deep/b.ts" }],
		["deep/c.ts", { kind: "found", path: "lib/deep/c.ts" }],
		["eep/c.ts", { kind: "none" }],
		["", { kind: "none" }],
	] as const)
		it(`resolves "${name}"`, () => {
			assert.deepEqual(fileNamed(name, paths), expected);
		});

	it("does not choose among several matches, and counts none twice", () => {
		const found = fileNamed("a.ts", ["x/a.ts", "y/a.ts", "x/a.ts"]);
		assert.deepEqual(found, { kind: "several", count: 2 });
	});
});
