import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import {
	applyEdit,
	type EditHow,
} from "../../../../src/chat/edit/applyEdit.ts";
import { constructAt } from "../../../../src/chat/edit/constructs.ts";
import type { ErrorCode } from "../../../../src/protocol/errors.ts";
import { seededRandom } from "../../../support/seededRandom.ts";

interface Case {
	readonly name: string;
	readonly target: string;
	readonly block: string;
	readonly selection?: string;
	readonly how: EditHow | ErrorCode;
	/** What is expected of the file; absent for an error. */
	readonly result?: string;
}

const twoFunctions = `import x from "x";

// One.
function one(a) {
  if (a) {
    return 1;
  }
  return 2;
}

function two() {
  return 3;
}
`;

const inClass = `class A {
	one() {
		return 1;
	}

	two() {
		return 2;
	}
}
`;

const cases: readonly Case[] = [
	//#region The whole file
	{
		name: "an empty file",
		target: "",
		block: "let a;\nlet b;",
		how: "wholeFile",
		result: "let a;\nlet b;\n",
	},
	{
		name: "a file with the same first and last lines",
		target: twoFunctions,
		block: twoFunctions.replace("return 2", "return 20"),
		how: "wholeFile",
		result: twoFunctions.replace("return 2", "return 20"),
	},
	{
		name: "a file whose imports change",
		target: twoFunctions,
		block: twoFunctions.replace('import x from "x";', 'import y from "y";'),
		how: "wholeFile",
		result: twoFunctions.replace('import x from "x";', 'import y from "y";'),
	},
	{
		name: "a whole file without a last line end",
		target: "let a;\nlet b;\nlet c;",
		block: "let a;\nlet x;\nlet c;\n",
		how: "wholeFile",
		result: "let a;\nlet x;\nlet c;",
	},
	{
		name: "a whole file of Windows",
		target: "\uFEFFlet a;\r\nlet b;\r\nlet c;\r\n",
		block: "let a;\nlet x;\nlet c;\n",
		how: "wholeFile",
		result: "\uFEFFlet a;\r\nlet x;\r\nlet c;\r\n",
	},
	//#endregion
	//#region A part of it
	{
		name: "a function with the same first line",
		target: twoFunctions,
		block: "function one(a) {\n  return a ? 1 : 2;\n}",
		how: "snippet",
		result: `import x from "x";

// One.
function one(a) {
  return a ? 1 : 2;
}

function two() {
  return 3;
}
`,
	},
	{
		name: "a function with another signature",
		target: twoFunctions,
		block: "export function two(b) {\n  return b;\n}",
		how: "snippet",
		result: twoFunctions.replace(
			"function two() {\n  return 3;\n}",
			"export function two(b) {\n  return b;\n}",
		),
	},
	{
		name: "a function with its comment",
		target: twoFunctions,
		block: "// The first.\nfunction one(a) {\n  return a;\n}",
		how: "snippet",
		result: `import x from "x";

// The first.
function one(a) {
  return a;
}

function two() {
  return 3;
}
`,
	},
	{
		name: "the first function of a file that begins with it",
		target: "function a() {\n  x();\n}\nfunction b() {\n  y();\n}\n",
		block: "function a() {\n  z();\n}",
		how: "snippet",
		result: "function a() {\n  z();\n}\nfunction b() {\n  y();\n}\n",
	},
	{
		name: "a method, indented with tabs where the model wrote spaces",
		target: inClass,
		block: "two() {\n  if (x) {\n    return 3;\n  }\n}",
		how: "snippet",
		result: inClass.replace(
			"\t\treturn 2;\n",
			"\t\tif (x) {\n\t\t\treturn 3;\n\t\t}\n",
		),
	},
	{
		name: "a method, indented with spaces where the model wrote tabs",
		target: inClass.replaceAll("\t", "    "),
		block: "\ttwo() {\n\t\treturn 3;\n\t}",
		how: "snippet",
		result: inClass.replaceAll("\t", "    ").replace("return 2", "return 3"),
	},
	{
		name: "a method whose code the model indented further",
		target: inClass,
		block: "\t\t\tone() {\n\t\t\t\treturn 9;\n\t\t\t}",
		how: "snippet",
		result: inClass.replace("return 1", "return 9"),
	},
	{
		name: "a method of a file with the line ends of Windows",
		target: inClass.replaceAll("\n", "\r\n"),
		block: "two() {\n\treturn 3;\n}",
		how: "snippet",
		result: inClass.replace("return 2", "return 3").replaceAll("\n", "\r\n"),
	},
	{
		name: "no line but its own in a file with mixed line ends",
		target: "a();\r\nfunction b() {\n  c();\n}\nd();\r\ne();\r\nf();\r\n",
		block: "function b() {\n  x();\n}",
		how: "snippet",
		result: "a();\r\nfunction b() {\r\n  x();\r\n}\nd();\r\ne();\r\nf();\r\n",
	},
	{
		name: "a function of Python with its decorator",
		target:
			"import os\n\n@cache\ndef a(x):\n    y = x\n\n    return y\n\n\ndef b():\n    pass\n",
		block: "@lru_cache\ndef a(x: int) -> int:\n    return x",
		how: "snippet",
		result:
			"import os\n\n@lru_cache\ndef a(x: int) -> int:\n    return x\n\n\ndef b():\n    pass\n",
	},
	{
		name: "a function with its brace on the next line",
		target: "int a()\n{\n  return 1;\n}\n\nint b()\n{\n  return 2;\n}\n",
		block: "int b()\n{\n  return 3;\n}",
		how: "snippet",
		result: "int a()\n{\n  return 1;\n}\n\nint b()\n{\n  return 3;\n}\n",
	},
	{
		name: "an if with its else",
		target: "start();\nif (a) {\n  b();\n} else {\n  c();\n}\nend();\n",
		block: "if (a) {\n  x();\n} else {\n  y();\n}",
		how: "snippet",
		result: "start();\nif (a) {\n  x();\n} else {\n  y();\n}\nend();\n",
	},
	{
		name: "statements between their first and last lines",
		target: "a();\nb();\nc();\nd();\ne();\n",
		block: "b();\nx();\ny();\nd();",
		how: "snippet",
		result: "a();\nb();\nx();\ny();\nd();\ne();\n",
	},
	{
		name: "statements up to the brace with which most is in common",
		target:
			"let a = 1;\nwhile (x) {\n  b();\n}\nif (a) {\n  c();\n}\nif (z) {\n  d();\n}\n",
		block: "let a = 1;\nwhile (x) {\n  b();\n}\nif (a) {\n  e();\n}",
		how: "snippet",
		result:
			"let a = 1;\nwhile (x) {\n  b();\n}\nif (a) {\n  e();\n}\nif (z) {\n  d();\n}\n",
	},
	{
		name: "the function of two alike that was selected",
		target:
			"class A {\n  go() {\n    a();\n  }\n}\nclass B {\n  go() {\n    b();\n  }\n}\n",
		block: "go() {\n  c();\n}",
		selection: "    b();",
		how: "snippet",
		result:
			"class A {\n  go() {\n    a();\n  }\n}\nclass B {\n  go() {\n    c();\n  }\n}\n",
	},
	//#endregion
	//#region Search and replace
	{
		name: "what is searched for",
		target: twoFunctions,
		block:
			"<<<<<<< SEARCH\n  return 2;\n=======\n  return 20;\n>>>>>>> REPLACE\n\n<<<<<<< SEARCH\n  return 3;\n=======\n>>>>>>> REPLACE",
		how: "searchReplace",
		result: twoFunctions
			.replace("return 2", "return 20")
			.replace("  return 3;\n", ""),
	},
	{
		name: "what is searched for with other indentation and line ends",
		target: inClass.replaceAll("\n", "\r\n"),
		block:
			"<<<<<<< SEARCH\n  two() {\n    return 2;\n  }\n=======\n  two() {\n    if (a) {\n      return 4;\n    }\n  }\n>>>>>>> REPLACE",
		how: "searchReplace",
		result: inClass
			.replace("\t\treturn 2;\n", "\t\tif (a) {\n\t\t\treturn 4;\n\t\t}\n")
			.replaceAll("\n", "\r\n"),
	},
	{
		name: "nothing, where a search is for what is there twice",
		target: "a();\nb();\na();\n",
		block: "<<<<<<< SEARCH\na();\n=======\nc();\n>>>>>>> REPLACE",
		how: "editAmbiguous",
	},
	{
		name: "nothing, where one of two searches finds nothing",
		target: "a();\nb();\n",
		block:
			"<<<<<<< SEARCH\na();\n=======\nc();\n>>>>>>> REPLACE\n<<<<<<< SEARCH\nx();\n=======\ny();\n>>>>>>> REPLACE",
		how: "editSearchMissing",
	},
	{
		name: "nothing, where a mark is missing",
		target: "a();\n",
		block: "<<<<<<< SEARCH\na();\n=======\nc();",
		how: "editSearchBroken",
	},
	{
		name: "an empty file with an empty search",
		target: "",
		block: "<<<<<<< SEARCH\n=======\nc();\n>>>>>>> REPLACE",
		how: "searchReplace",
		result: "c();\n",
	},
	{
		name: "a heading that is underlined",
		target: "Intro\n=====\n\nText.\n",
		block:
			"<<<<<<< SEARCH\nIntro\n=====\n\nText.\n=======\nStart\n=====\n\nText.\n>>>>>>> REPLACE",
		how: "searchReplace",
		result: "Start\n=====\n\nText.\n",
	},
	{
		name: "text to a heading that is underlined as a divider",
		target: "Install\n\nText.\n",
		block:
			"<<<<<<< SEARCH\nInstall\n=======\nInstall\n=======\n>>>>>>> REPLACE",
		how: "searchReplace",
		result: "Install\n=======\n\nText.\n",
	},
	{
		name: "nothing, where a heading that is underlined as a divider may be either side's",
		target: "Install\n=======\n\nText.\n",
		block:
			"<<<<<<< SEARCH\nInstall\n=======\n\nText.\n=======\nMore.\n>>>>>>> REPLACE",
		how: "editSearchBroken",
	},
	{
		name: "nothing, where such a heading is followed by another text",
		target: "Install\n=======\n\nText.\n",
		block:
			"<<<<<<< SEARCH\nInstall\n=======\n\nTexts.\n=======\nMore.\n>>>>>>> REPLACE",
		how: "editSearchBroken",
	},
	{
		name: "a merge conflict",
		target: "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> topic\nd\n",
		block:
			"<<<<<<< SEARCH\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> topic\n=======\nc\n>>>>>>> REPLACE",
		how: "searchReplace",
		result: "a\nc\nd\n",
	},
	{
		name: "text to a merge conflict",
		target: "a\nc\nd\n",
		block:
			"<<<<<<< SEARCH\nc\n=======\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> topic\n>>>>>>> REPLACE",
		how: "searchReplace",
		result: "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> topic\nd\n",
	},
	{
		name: "nothing, where half a merge conflict is searched for",
		target: "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> topic\nd\n",
		block: "<<<<<<< SEARCH\n<<<<<<< HEAD\nb\n=======\nx\n>>>>>>> REPLACE",
		how: "editSearchBroken",
	},
	{
		name: "no line end but those of changed lines",
		target: "a\r\nb\nc\r\nd\n",
		block: "<<<<<<< SEARCH\na\nb\nc\nd\n=======\na\nb\nx\nd\n>>>>>>> REPLACE",
		how: "searchReplace",
		result: "a\r\nb\nx\r\nd\n",
	},
	{
		name: "nothing, where lines are there at other depths only",
		target: "if a:\n    b()\n    c()\n",
		block: "<<<<<<< SEARCH\n  b()\nc()\n=======\nx()\n>>>>>>> REPLACE",
		how: "editSearchMissing",
	},
	//#endregion
	//#region The selection
	{
		name: "the lines that were selected",
		target: "\tstart();\n\ta();\n\tb();\n\tend();\n",
		block: "if (x) {\n  c();\n}",
		selection: "\ta();\n\tb();\n",
		how: "selection",
		result: "\tstart();\n\tif (x) {\n\t\tc();\n\t}\n\tend();\n",
	},
	{
		name: "a selection within a line",
		target: "let a = foo(1 + 2);\nlet b;\n",
		block: "bar(3)",
		selection: "1 + 2",
		how: "selection",
		result: "let a = foo(bar(3));\nlet b;\n",
	},
	{
		name: "a selection from within one line to within another",
		target: "let a = [1,\n  2];\nlet b;\n",
		block: "{\n  x: 1,\n}",
		selection: "[1,\n  2]",
		how: "selection",
		result: "let a = {\n  x: 1,\n};\nlet b;\n",
	},
	{
		name: "a selection of a file of Windows",
		target: "start();\r\na();\r\nb();\r\n",
		block: "c();\nd();",
		selection: "a();\r\nb();",
		how: "selection",
		result: "start();\r\nc();\r\nd();\r\n",
	},
	{
		name: "the selection, where only another place has the same first line",
		target: "if (x) {\n  a();\n}\nb();\nc();\n",
		block: "if (x) {\n  b();\n}",
		selection: "b();",
		how: "selection",
		result: "if (x) {\n  a();\n}\nif (x) {\n  b();\n}\nc();\n",
	},
	{
		name: "nothing, where what was selected is there twice",
		target: "a();\nb();\na();\nb();\n",
		block: "c();",
		selection: "a();\nb();",
		how: "editAmbiguous",
	},
	{
		name: "nothing, where what was selected is gone",
		target: "x();\ny();\nz();\n",
		block: "c();",
		selection: "a();",
		how: "editUnplaced",
	},
	//#endregion
	//#region Not placed
	{
		name: "nothing, of an empty block",
		target: "a",
		block: " \n",
		how: "editEmpty",
	},
	{
		name: "nothing, where the function is there twice",
		target:
			"class A {\n  go() {\n    a();\n  }\n}\nclass B {\n  go() {\n    b();\n  }\n}\n",
		block: "go() {\n  c();\n}",
		how: "editAmbiguous",
	},
	{
		name: "nothing, where the first statement is there twice",
		target: "x();\na();\nb();\ny();\na();\nb();\n",
		block: "a();\nc();\nb();",
		how: "editAmbiguous",
	},
	{
		name: "nothing, of a private method where there is a public one of its name",
		target: "class A {\n  go() {\n    a();\n  }\n}\nx();\n",
		block: "#go(b) {\n  c();\n}",
		how: "editUnplaced",
	},
	{
		name: "nothing, of a new function",
		target: twoFunctions,
		block: "function three() {\n  return 3;\n}",
		how: "editUnplaced",
	},
	{
		name: "nothing, of a call that only has the same name",
		target: 'it("one", () => {\n  a();\n});\n\nx();\n',
		block: 'it("two", () => {\n  b();\n});',
		how: "editUnplaced",
	},
	{
		name: "nothing, where code was left out",
		target: twoFunctions,
		block: "function one(a) {\n  // ... existing code ...\n  return 2;\n}",
		how: "editElided",
	},
	{
		name: "nothing, where the rest was left out in words",
		target: twoFunctions,
		block: 'import x from "x";\n# The rest of the file remains the same',
		how: "editElided",
	},
	{
		name: "a comment that has three dots in the file as well",
		target: "function a() {\n  // ...and more\n  b();\n}\nc();\n",
		block: "function a() {\n  // ...and more\n  d();\n}",
		how: "snippet",
		result: "function a() {\n  // ...and more\n  d();\n}\nc();\n",
	},
	{
		name: "nothing, where the file has it already",
		target: twoFunctions,
		block: "function two() {\n  return 3;\n}",
		how: "editUnchanged",
	},
	{
		name: "a function that ends otherwise than its indentation says",
		target: "function a() {\n  x = `\ntext\n`;\n}\nb();\n",
		block: "function a() {\n  y();\n}",
		how: "snippet",
		result: "function a() {\n  y();\n}\nb();\n",
	},
	//#endregion
];

describe("applyEdit", () => {
	for (const { name, target, block, selection, how, result } of cases)
		it(`changes ${name}`, () => {
			const edit = applyEdit({
				file: "a.ts",
				target,
				block,
				selection: selection ?? null,
			});
			assert.deepEqual(
				edit.ok ? edit.value : edit.error.code,
				result === undefined ? how : { newText: result, how },
			);
		});

	it("replaces changed functions in real files, or fails with a reason", () => {
		const folder = path.resolve(import.meta.dirname, "../../../../src/chat");
		let placed = 0;
		let asked = 0;
		for (const name of readdirSync(folder, {
			recursive: true,
			encoding: "utf8",
		})) {
			if (!name.endsWith(".ts")) continue;
			const target = readFileSync(path.join(folder, name), "utf8");
			const lines = target.split("\n");
			for (const [index, line] of lines.entries()) {
				const { start, end } = constructAt(lines, index);
				if (line.trim() === "" || end - start < 3) continue;
				const code = lines.slice(start, end).toSpliced(2, 0, "\t\t\tadded();");
				const edit = applyEdit({
					file: name,
					target,
					block: code.join("\n"),
					selection: null,
				});
				asked++;
				if (!edit.ok) {
					assert.equal(edit.error.code, "editAmbiguous");
					continue;
				}
				placed++;
				const expected = lines.toSpliced(start, end - start, ...code);
				assert.equal(edit.value.newText, expected.join("\n"));
			}
		}
		assert.ok(asked > 100 && placed > 0.8 * asked, `${placed} of ${asked}`);
	});

	it("makes exactly the intended edit of random text with marks in it, or none", () => {
		const random = seededRandom(17);
		const pick = <T>(them: readonly T[]): T =>
			them[Math.floor(random() * them.length)] as T;
		const words = [
			..."abcdefghij",
			"  b",
			"\tc ",
			"",
			"=====",
			"=======",
			"<<<<<<< HEAD",
			">>>>>>> topic",
			"<<<<<<< SEARCH",
			">>>>>>> REPLACE",
			"```",
		];
		const some = (most: number) =>
			Array.from({ length: Math.floor(random() * most) }, () => pick(words));
		let made = 0;
		for (let round = 0; round < 6_000; round++) {
			const lines = [...some(12), pick(words), "end"];
			const start = Math.floor(random() * (lines.length - 1));
			const end = start + 1 + Math.floor(random() * (lines.length - start));
			const search = lines.slice(start, end);
			const replace = pick([some(4), [...some(2), ...search, ...some(2)]]);
			const ends = lines.map(() => pick(["\n", "\r\n"]));
			if (random() < 0.5) ends[ends.length - 1] = "";
			const target = lines.map((line, at) => line + ends[at]).join("");
			const block = [
				"<<<<<<< SEARCH",
				...search,
				"=======",
				...replace,
				">>>>>>> REPLACE",
			].join("\n");
			const edit = applyEdit({ file: "a", target, block, selection: null });
			if (!edit.ok) continue;
			made++;
			const expected = lines.toSpliced(start, search.length, ...replace);
			const got = edit.value.newText.split(/\r\n|\n/);
			if (got.at(-1) === "") got.pop();
			while (expected.at(-1) === "" && got.length < expected.length)
				expected.pop();
			assert.deepEqual(got, expected, JSON.stringify({ target, block }));
		}
		assert.ok(made > 1_200, `${made} were made`);
	});

	it("handles a long line and a large file quickly", () => {
		const large = Array.from(
			{ length: 20_000 },
			(_, it) => `line(${it % 50});`,
		);
		for (const block of [
			`${"(".repeat(1e6)}\n}`,
			large.slice(0, 5_000).join("\n"),
			`${"a ".repeat(5e5)}(\n  b\n)`,
		])
			assert.ok(
				!applyEdit({
					file: "a.ts",
					target: large.join("\n"),
					block,
					selection: null,
				}).ok,
			);
	});
});
