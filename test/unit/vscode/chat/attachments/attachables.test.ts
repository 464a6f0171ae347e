import assert from "node:assert/strict";
import { parseMentions } from "../../../../../src/chat/attachments/mentions.ts";
import {
	attachableId,
	attachableOf,
	chipOf,
} from "../../../../../src/vscode/chat/attachments/attachables.ts";

describe("attachables", () => {
	it("have an id and a chip each, from a mention", () => {
		const question =
			'#file:a.ts #folder:"my files" #symbol:run #problems #changes';
		const attachables = parseMentions(question).map(attachableOf);
		assert.deepEqual(
			attachables.map((it) => `${attachableId(it)} | ${chipOf(it).label}`),
			[
				"file:a.ts | a.ts",
				"folder:my files | my files/",
				"symbol:run | run",
				"problems | #problems",
				"changes | #changes",
			],
		);
	});

	it("distinguishes symbols of one name by their places", () => {
		const at = (line: number) =>
			attachableId({ kind: "symbol", name: "run", place: { path: "a", line } });
		assert.notEqual(at(1), at(2));
	});
});
