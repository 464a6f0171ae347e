import assert from "node:assert/strict";
import { isLeftOfBlock } from "../../../../src/completion/manners/blockIndent.ts";

/** `█` is the cursor, `→` a tab. The editor's own setting is four spaces. */
type Row = readonly [what: string, languageId: string, document: string];

const tabIndents: readonly Row[] = [
	["below an opening brace", "typescript", "if (a) {\n█"],
	["below an opening brace that is closed", "typescript", "if (a) {\n█\n}"],
	[
		"below a nested brace",
		"typescript",
		"f() {\n    if (a) {\n    █\n    }\n}",
	],
	["left of a nested brace", "typescript", "f() {\n    if (a) {\n█\n    }\n}"],
	["below a bracket", "typescript", "const a = [\n█\n];"],
	["below a parenthesis", "typescript", "call(\n█\n);"],
	["below an arrow", "typescript", "const a = () =>\n█"],
	["between statements", "typescript", "f() {\n    a();\n█\n    b();\n}"],
	[
		"between statements, half-way",
		"typescript",
		"f() {\n    a();\n  █\n    b();\n}",
	],
	["below the last statement", "typescript", "f() {\n    a();\n█\n}"],
	["below the last statement so far", "typescript", "f() {\n    a();\n█"],
	[
		"after a nested block",
		"typescript",
		"f() {\n    if (a) {\n        b();\n    }\n█\n}",
	],
	[
		"in a nested block",
		"typescript",
		"f() {\n    if (a) {\n        b();\n    █\n    }\n}",
	],
	[
		"below a continued statement in a block",
		"typescript",
		"f() {\n    a\n        .b();\n█\n}",
	],
	["below a case", "typescript", "switch (a) {\n    case 1:\n    █\n}"],
	[
		"with blank lines above",
		"typescript",
		"f() {\n    a();\n\n\n█\n    b();\n}",
	],
	[
		"with white space behind",
		"typescript",
		"f() {\n    a();\n█    \n    b();\n}",
	],
	[
		"with two spaces",
		"typescript",
		"f() {\n  a();\n  if (b) {\n    c();\n █\n  }\n}",
	],
	["in a property list", "json", '{\n    "a": 1,\n█\n}'],
	["in a nested property list", "json", '{\n    "a": {\n    █\n    }\n}'],
	["with tabs", "typescript", "f() {\n→a();\n█\n}"],
	["with tabs, nested", "typescript", "f() {\n→if (a) {\n→█\n→}\n}"],
	[
		"with tabs, in a nested block",
		"typescript",
		"f() {\n→if (a) {\n→→b();\n→█\n→→c();\n→}\n}",
	],
	[
		"with carriage returns",
		"typescript",
		"f() {\r\n    a();\r\n█\r\n    b();\r\n}",
	],
	["in Go", "go", "func f() {\n→a()\n█\n}"],
	["in Rust", "rust", "fn f() {\n    let a = 1;\n█\n    a\n}"],
	["below a colon", "python", "def f():\n█"],
	[
		"below a colon, before another definition",
		"python",
		"def f():\n█\n\ndef g():\n    pass",
	],
	["below a nested colon", "python", "class A:\n    def f(self):\n    █"],
	["left of a nested colon", "python", "class A:\n    def f(self):\n█"],
	[
		"between statements of a body",
		"python",
		"def f():\n    a = 1\n█\n    return a",
	],
	[
		"between methods",
		"python",
		"class A:\n    def f(self):\n        pass\n\n█\n    def g(self):\n        pass",
	],
	[
		"below a loop's head",
		"python",
		"def f():\n    for a in b:\n    █\n    return 1",
	],
	["with tabs in Python", "python", "def f():\n→a = 1\n█\n→return a"],
	["below a mapping's key", "yaml", "jobs:\n█"],
	["in Ruby", "ruby", "def f\n  a\n█\n  b\nend"],
	["below do", "ruby", "a.each do |b|\n█\nend"],
	["in a shell", "shellscript", "if a; then\n█\nfi"],
	["in an element", "html", "<div>\n█\n</div>"],
];

const suggests: readonly Row[] = [
	["an empty document", "typescript", "█"],
	["the top level", "typescript", "a();\n█\nb();"],
	["the top level below a block", "typescript", "f() {\n    a();\n}\n█"],
	["the end of a continued statement", "typescript", "a\n    .b();\n█"],
	[
		"a continued statement above another",
		"typescript",
		"a\n    .b();\n█\nc();",
	],
	["a block's indentation", "typescript", "f() {\n    █\n}"],
	[
		"a nested block's indentation",
		"typescript",
		"f() {\n    if (a) {\n        █\n    }\n}",
	],
	[
		"the last statement's indentation",
		"typescript",
		"f() {\n    a();\n    █\n}",
	],
	["deeper than the block", "typescript", "f() {\n    a();\n        █\n}"],
	[
		"two spaces where the document has them",
		"typescript",
		"f() {\n  a();\n}\n\ng() {\n  █\n}",
	],
	["a tab", "typescript", "f() {\n→█\n}"],
	["below a closer", "typescript", "f(\n    a,\n);\n█"],
	["text before the cursor", "typescript", "f() {\na█\n}"],
	["a closer behind the cursor", "typescript", "f() {\n█}"],
	["a new definition below a body", "python", "def f():\n    return 1\n\n\n█"],
	[
		"a new definition above another",
		"python",
		"def f():\n    return 1\n\n█\n\ndef g():\n    pass",
	],
	[
		"a new method",
		"python",
		"class A:\n    def f(self):\n        pass\n\n    █\n\n    def g(self):\n        pass",
	],
	["a body's indentation", "python", "def f():\n    █"],
	[
		"the statement below a loop",
		"python",
		"def f():\n    for a in b:\n        c()\n    █\n    return 1",
	],
	["below a comment that ends with a colon", "python", "# Note:\n█"],
	["a key beside another", "yaml", "a: 1\n█\nb: 2"],
	["prose", "markdown", "- a\n    - b\n█\n    - c"],
	["a comment at the top level", "typescript", "// see {\n█"],
];

const places = [
	...tabIndents.map((it) => [it, true] as const),
	...suggests.map((it) => [it, false] as const),
];

describe("isLeftOfBlock", () => {
	for (const [[what, languageId, document], expected] of places)
		it(`${expected ? "leaves Tab to" : "lets ghost text appear at"} ${what} (${languageId})`, () => {
			const [before = "", after = ""] = document
				.replaceAll("→", "\t")
				.split("█");
			const place = {
				text: before + after,
				offset: before.length,
				languageId,
				indentation: { insertSpaces: true, tabSize: 4 },
			};
			assert.equal(isLeftOfBlock(place), expected);
		});

	it("is tried at sixty places or more", () => {
		assert.ok(places.length >= 60, `${places.length}`);
	});
});
