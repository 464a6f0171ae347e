import assert from "node:assert/strict";
import {
	type Problem,
	problemLines,
} from "../../../../src/chat/attachments/problemLines.ts";

const problem = (
	path: string,
	line: number,
	severity: Problem["severity"],
	message = "m",
): Problem => ({ path, line, severity, message });

describe("problemLines", () => {
	it("has one line per problem, sorted by severity", () => {
		const found = [
			problem("b.ts", 4, "hint"),
			problem("b.ts", 9, "error"),
			problem("b.ts", 0, "error"),
			problem("a.ts", 2, "warning"),
			problem("a.ts", 7, "error"),
		];
		assert.equal(
			problemLines(found, 10).text,
			[
				"a.ts:8 error m",
				"b.ts:1 error m",
				"b.ts:10 error m",
				"a.ts:3 warning m",
				"b.ts:5 hint m",
			].join("\n"),
		);
	});

	it("joins the lines of a message", () => {
		const message = "Not assignable:\n  Types differ.\r\n";
		assert.equal(
			problemLines([problem("a.ts", 0, "error", message)], 10).text,
			"a.ts:1 error Not assignable: Types differ.",
		);
	});

	it("reports how many are shown, and drops the least severe", () => {
		const found = [problem("a.ts", 0, "info"), problem("a.ts", 1, "error")];
		assert.deepEqual(problemLines(found, 1), {
			text: "a.ts:2 error m",
			shownCount: 1,
		});
	});
});
