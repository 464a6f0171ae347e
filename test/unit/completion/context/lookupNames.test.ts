import assert from "node:assert/strict";
import {
	importedNames,
	lookupNames,
} from "../../../../src/completion/context/lookupNames.ts";

function namesAt(text: string, cursorLine: number): string[] {
	const lines = text.split("\n");
	const found = lookupNames((at) => lines[at] ?? "", lines.length, cursorLine);
	for (const { name, line, column } of found)
		assert.ok(lines[line]?.startsWith(name, column), name);
	return found.map(({ name }) => name);
}

function imported(text: string): string[] {
	const lines = text.split("\n");
	return importedNames((at) => lines[at] ?? "", lines.length).map(
		({ name }) => name,
	);
}

describe("importedNames", () => {
	for (const [what, text, expected] of [
		["a list", 'import { alpha, beta } from "./gamma.ts";', ["alpha", "beta"]],
		[
			"a list over lines",
			'import {\n\talpha,\n\ttype Beta,\n} from "./gamma.ts";\nuse(delta);',
			["alpha", "Beta"],
		],
		["types", 'import type { Alpha } from "./gamma.ts";', ["Alpha"]],
		[
			"Python",
			"from pack.module import alpha, beta\nimport gamma",
			["alpha", "beta", "gamma"],
		],
		[
			"Python over lines",
			"from pack import (\n    alpha,\n)\nother = 1",
			["alpha"],
		],
		["Rust", "use crate::store::Store;", ["crate", "store", "Store"]],
		["nothing", "const alpha = 1;", []],
	] as const)
		it(`finds ${what}`, () => assert.deepEqual(imported(text), expected));

	it("does not take a module's path for a name", () =>
		assert.deepEqual(imported('import "./alpha.ts";'), []));
});

describe("lookupNames", () => {
	it("takes the nearest lines first, and then the last imports", () =>
		assert.deepEqual(
			namesAt(
				'import { first } from "./a";\nimport { last } from "./b";\n\n\n\n\nabove();\nhere();',
				7,
			),
			["here", "above", "last", "first"],
		));

	it("takes each name once, and no more than 24", () => {
		const list = Array.from({ length: 50 }, (_, at) => `name${at}`).join(", ");
		const names = namesAt(
			`import { ${list} } from "./a";\n\n\n\n\n\n${list.replaceAll("name", "near")}, name49`,
			6,
		);
		assert.equal(new Set(names).size, 24);
		assert.equal(names.length, 24);
		assert.deepEqual(names.slice(8, 10), ["name49", "name48"]);
	});
});
