import assert from "node:assert/strict";
import { languageIdOf } from "../../../../src/chat/edit/languageIds.ts";

describe("languageIdOf", () => {
	const known = ["typescript", "python", "shellscript", "plaintext", "COBOL"];
	for (const [name, id] of [
		["ts", "typescript"],
		["TypeScript", "typescript"],
		["py", "python"],
		["bash", "shellscript"],
		["cobol", "COBOL"],
		["rs", undefined],
		["constructor", undefined],
		["", undefined],
	] as const)
		it(`knows "${name}" as ${id}`, () => {
			assert.equal(languageIdOf(name, known), id);
		});
});
