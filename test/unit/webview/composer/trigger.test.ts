import assert from "node:assert/strict";
import { triggerAt } from "../../../../src/webview/composer/trigger.ts";

describe("completion in the input", () => {
	for (const [text, expected] of [
		["/", { of: "command", query: "", from: 0 }],
		["/fi", { of: "command", query: "fi", from: 0 }],
		["/fix it", undefined],
		["see /fi", undefined],
		["#", { of: "attachment", query: "", from: 0 }],
		["/fix #file:a", { of: "attachment", query: "file:a", from: 5 }],
		["line\n#sy", { of: "attachment", query: "sy", from: 5 }],
		["C#", undefined],
		["#a b", undefined],
	] as const)
		it(`${JSON.stringify(text)} asks for ${expected?.of ?? "nothing"}`, () => {
			assert.deepEqual(triggerAt(text, text.length), expected);
		});

	it("considers only the text before the cursor", () => {
		assert.deepEqual(triggerAt("#ab rest", 2), {
			of: "attachment",
			query: "a",
			from: 0,
		});
	});
});
