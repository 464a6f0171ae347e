import assert from "node:assert/strict";
import { insertedCode } from "../../../../src/chat/edit/insertedCode.ts";

const spaces = ["if a:", "    b()", "    if c:", "        d()"];
const tabs = ["if (a) {", "\tb();", "}"];

describe("insertedCode", () => {
	const cases: readonly (readonly [
		what: string,
		code: string,
		before: string,
		replaced: string,
		lines: readonly string[],
		text: string,
	])[] = [
		["one line", "x = 1", "    y = ", "", spaces, "x = 1"],
		["at the margin", "f()\ng()", "", "", spaces, "f()\ng()"],
		[
			"indented like its line",
			"if x:\n    y()\nz()",
			"    ",
			"",
			spaces,
			"if x:\n        y()\n    z()",
		],
		[
			"of code that is indented already",
			"        if x:\n            y()",
			"    ",
			"",
			spaces,
			"if x:\n        y()",
		],
		[
			"behind other code",
			"g(\n    1,\n)",
			"    f = ",
			"",
			spaces,
			"g(\n        1,\n    )",
		],
		[
			"with the tabs of the file",
			"for (;;) {\n  x();\n}",
			"\t",
			"",
			tabs,
			"for (;;) {\n\t\tx();\n\t}",
		],
		[
			"in place of whole lines",
			"x()\ny()",
			"",
			"    b()\n    c()\n",
			spaces,
			"    x()\n    y()\n",
		],
		[
			"in place of lines from their first word on",
			"x()\ny()",
			"    ",
			"b()\n    c()",
			spaces,
			"x()\n    y()",
		],
		["without the blank lines round it", "\n\nx\n\n", "", "", spaces, "x"],
		["with a blank line inside", "x\n\ny", "    ", "", spaces, "x\n\n    y"],
		["of Windows", "x\r\ny", "    ", "", spaces, "x\n    y"],
		["that is none", "\n", "    ", "", spaces, ""],
	];
	for (const [what, code, before, replaced, lines, expected] of cases)
		it(`writes code ${what}`, () => {
			assert.equal(insertedCode(code, { before, replaced, lines }), expected);
		});
});
