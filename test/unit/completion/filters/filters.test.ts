import assert from "node:assert/strict";
import {
	untilBlankLine,
	untilBlockEnd,
	untilLines,
} from "../../../../src/completion/filters/blockEnd.ts";
import { untilClosedBySuffix } from "../../../../src/completion/filters/closers.ts";
import {
	type FilterPlace,
	filterPlace,
} from "../../../../src/completion/filters/filterPlace.ts";
import { untilLineEnd } from "../../../../src/completion/filters/lineEnd.ts";
import { untilLinesBelow } from "../../../../src/completion/filters/linesBelow.ts";
import { untilLoop } from "../../../../src/completion/filters/repeats.ts";
import { byLine } from "../../../../src/completion/filters/textStream.ts";
import { trimSuggestion } from "../../../../src/completion/filters/trimSuggestion.ts";
import { withSelectedEntry } from "../../../../src/completion/session/selectedEntry.ts";
import { documentContext } from "../../../../src/completion/text/documentContext.ts";
import { isMidWord } from "../../../../src/completion/text/midWord.ts";
import {
	loopStart,
	repeatedFrom,
	withoutLoop,
} from "../../../../src/completion/text/repetition.ts";
import { suggestionShape } from "../../../../src/completion/text/shape.ts";
import {
	editDistance,
	isSameLine,
	isSimilarLine,
} from "../../../../src/completion/text/similarity.ts";
import { documentIndentation } from "../../../../src/workspace/indentation.ts";
import { at } from "../../../support/cursor.ts";

type Filter = (chunks: AsyncIterable<string>) => AsyncIterable<string>;

async function* chunked(text: string, size: number): AsyncGenerator<string> {
	for (let i = 0; i < text.length; i += size) yield text.slice(i, i + size);
}

/** The outcome must not depend on how the text is split into chunks. */
async function check(filter: Filter, text: string, expected: string) {
	for (const size of [1, 2, 3, 7, 1000]) {
		let actual = "";
		for await (const chunk of filter(chunked(text, size))) actual += chunk;
		assert.equal(actual.trimEnd(), expected, `in chunks of ${size}`);
	}
}

describe("untilLineEnd", () => {
	for (const [text, expected] of [
		["foo();\nbar();", "foo();"],
		["foo();", "foo();"],
		["\nfoo();\nbar();", "\nfoo();"],
		["\n\n  foo\nbar", "\n\n  foo"],
		["", ""],
	] as const)
		it(`makes ${JSON.stringify(expected)} of ${JSON.stringify(text)}`, () =>
			check(
				(chunks) => untilLineEnd(chunks, { lineAfter: "" }),
				text,
				expected,
			));

	it("ends before any line end in the middle of a line", () =>
		check(
			(chunks) => untilLineEnd(chunks, { lineAfter: " + b" }),
			"\nfoo",
			"",
		));
});

describe("untilBlockEnd", () => {
	for (const [what, lineBefore, text, expected] of [
		[
			"a body with its closing bracket",
			"function f() {",
			"\n\treturn 1;\n}\n\nfunction g() {",
			"\n\treturn 1;\n}",
		],
		[
			"a nested body",
			"\tif (a) {",
			"\n\t\tb();\n\t}\n\tc();\n}",
			"\n\t\tb();\n\t}",
		],
		["an empty body", "function f() {", "\n}\nf();", "\n}"],
		[
			"Python, where the body ends with its indentation",
			"def f(a):",
			"\n    b = a\n    return b\nx = 1",
			"\n    b = a\n    return b",
		],
		[
			"statements on a blank line, at their own depth",
			"\t\t",
			"a();\n\t\tb();\n\t}\n}",
			"a();\n\t\tb();",
		],
		[
			"a statement over several lines",
			"\t",
			"call({\n\t\ta,\n\t});\n\tnext();",
			"call({\n\t\ta,\n\t});",
		],
		["spaces of odd width", "   if x:", "\n      y()\n   z()", "\n      y()"],
	] as const)
		it(`takes ${what}`, () =>
			check(
				(chunks) =>
					untilBlockEnd(byLine(chunks), {
						languageId: "typescript",
						lineBefore,
						linesBelow: [],
					}),
				text,
				expected,
			));

	for (const [nextLine, expected] of [
		["\t}", "\n\t\tb();"],
		["}", "\n\t\tb();\n\t}"],
		["\tc();", "\n\t\tb();\n\t}"],
	] as const)
		it(`closes the body unless the next line does: ${JSON.stringify(nextLine)}`, () =>
			check(
				(chunks) =>
					untilBlockEnd(byLine(chunks), {
						languageId: "typescript",
						lineBefore: "\tif (a) {",
						linesBelow: ["", nextLine],
					}),
				"\n\t\tb();\n\t}\n",
				expected,
			));
});

describe("untilBlankLine", () => {
	for (const [text, expected] of [
		["a();\n\n\tb();", "a();"],
		["\n\n\ta();\n  \n\tb();", "\n\n\ta();"],
	] as const)
		it(`makes ${JSON.stringify(expected)} of ${JSON.stringify(text)}`, () =>
			check((chunks) => untilBlankLine(byLine(chunks)), text, expected));
});

describe("untilLines", () => {
	it("limits the number of lines", () =>
		check((chunks) => untilLines(byLine(chunks), 2), "a\nb\nc\n", "a\nb"));
});

describe("untilClosedBySuffix", () => {
	for (const [lineBefore, text, lineAfter, expected] of [
		["f(", "a, b)", ")", "a, b"],
		["f(", "g(a), b);", ");", "g(a), b"],
		["f(", "a]", ")", "a]"],
		["f(", "a)", "", "a)"],
		["[", "1, 2] }", " }", "1, 2]"],
		["{", "a: [1, 2] }", " }", "a: [1, 2]"],
		["a.split(", '")")', ")", '")"'],
		["f('", "a)b')", ")", "a)b'"],
		["f(", "'\\')')", ")", "'\\')'"],
		["// don't ", "stop)", ")", "stop"],
	] as const)
		it(`makes ${JSON.stringify(expected)} of ${JSON.stringify(text)} between ${JSON.stringify(lineBefore)} and ${JSON.stringify(lineAfter)}`, () =>
			check(
				(chunks) =>
					untilClosedBySuffix(chunks, {
						languageId: "typescript",
						codeBefore: lineBefore,
						lineAfter,
					}),
				text,
				expected,
			));
});

describe("untilLinesBelow", () => {
	for (const [text, linesBelow, expected] of [
		["a();\n\tb();\n\tc();", ["\tc();"], "a();\n\tb();"],
		["a();\n}\nb();", ["}"], "a();\n}\nb();"],
		["a();\n", ["a();"], ""],
		["a();\nreturn;\nb();", ["return;", "c();"], "a();\nreturn;\nb();"],
		["a();\nreturn;\nc();", ["return;", "c();"], "a();"],
		["a();\nreturn;", ["}", "return;"], "a();\nreturn;"],
		[
			"a();\nconst total = sum(of, all);\nb();",
			["", "const total = sum(of, all);"],
			"a();",
		],
		[
			"a();\nconst total = sum(of, all);\nreturn total;",
			["const total = sum(of, al);", "return total;"],
			"a();",
		],
		[
			'import { fob } from "./fob";\nx();',
			['import { foo } from "./foo";'],
			'import { fob } from "./fob";\nx();',
		],
	] as const)
		it(`makes ${JSON.stringify(expected)} of ${JSON.stringify(text)} above ${JSON.stringify(linesBelow)}`, () =>
			check(
				(chunks) =>
					untilLinesBelow(byLine(chunks), { lineBefore: "", linesBelow }),
				text,
				expected,
			));
});

describe("loops", () => {
	for (const [text, expected] of [
		['f("a", "b")', 'f("a", "b")'],
		[`f(${'"a", '.repeat(5)}`, ""],
		[`a();\nf(${'"a", '.repeat(5)}`, "a();"],
		[`a();\n${"b(x);\n".repeat(4)}`, "a();"],
		[`// ${"-".repeat(60)}`, `// ${"-".repeat(60)}`],
		["0x00000000", "0x00000000"],
		["    \t\t\t\t\t\t\t\t\t", "    \t\t\t\t\t\t\t\t\t"],
		["", ""],
	] as const)
		it(`leaves ${JSON.stringify(expected)} of ${JSON.stringify(text)}`, () =>
			assert.equal(withoutLoop(text), expected));

	it("are detected while streaming", async () => {
		let read = 0;
		async function* endless(): AsyncGenerator<string> {
			for (;;) {
				read++;
				yield "na, ";
			}
		}
		for await (const _ of untilLoop(endless()));
		assert.equal(read, 4);
	});

	it("have a start", () => assert.equal(loopStart("x abcabcabcabc"), 5));
});

describe("repeatedFrom", () => {
	for (const [lines, expected] of [
		[["a1 = 1", "a2 = 2", "a3 = 3", "a4 = 4"], undefined],
		[["a1 = 1", "a2 = 2", "a3 = 3", "a4 = 4", "a5 = 5"], 4],
		[["x = x + 1", "x = x + 1", "x = x + 1"], 1],
		[["tick();", "tick();"], undefined],
		[["}", "}", "}", "}"], undefined],
		[["foo();", "bar();", "foo();", "bar();"], 2],
		[["foo();", "}", "bar();", "}"], undefined],
	] as const)
		it(`is ${expected} in ${JSON.stringify(lines)}`, () =>
			assert.equal(repeatedFrom(lines), expected));
});

describe("similarity", () => {
	for (const [a, b, same, nearly] of [
		["  foo(a,  b);", "foo(a, b)", true, false],
		["const total = one", "const total = ond", false, true],
		["value1: 10,", "value2: 10,", false, false],
		["}", ")", false, false],
		["return a", "return b", false, false],
	] as const)
		it(`of ${JSON.stringify(a)} and ${JSON.stringify(b)}`, () => {
			assert.equal(isSameLine(a, b), same);
			assert.equal(isSimilarLine(a, b), nearly);
		});

	for (const [a, b, expected] of [
		["", "", 0],
		["abc", "", 3],
		["kitten", "sitting", 3],
		["flaw", "lawn", 2],
	] as const)
		it(`from ${a} to ${b} is ${expected}`, () =>
			assert.equal(editDistance([...a], [...b]), expected));
});

describe("documentIndentation", () => {
	const editor = { insertSpaces: true, tabSize: 4 };
	for (const [what, lines, languageId, expected] of [
		["nothing to see", ["a", "b"], "python", editor],
		[
			"two spaces",
			["a:", "  b:", "    c"],
			"yaml",
			{ insertSpaces: true, tabSize: 2 },
		],
		[
			"three",
			["a {", "   b {", "      c"],
			"perl",
			{ insertSpaces: true, tabSize: 3 },
		],
		["tabs", ["a {", "\tb", "}"], "go", { insertSpaces: false, tabSize: 4 }],
		["a makefile", ["a:"], "makefile", { insertSpaces: false, tabSize: 4 }],
	] as const)
		it(`detects ${what}`, () =>
			assert.deepEqual(
				documentIndentation(lines, languageId, editor),
				expected,
			));
});

describe("isMidWord", () => {
	for (const [text, expected] of [
		["fo█o", true],
		["foo█", false],
		["foo█(", false],
		[".█foo", false],
		["é█é", true],
		["𝐱█𝐲", true],
		["😀█a", false],
		["█", false],
	] as const)
		it(`is ${expected} at ${text}`, () =>
			assert.equal(isMidWord(at(text)), expected));
});

describe("withSelectedEntry", () => {
	it("replaces the typed text by the entry, with the cursor after it", () => {
		const { text, offset } = withSelectedEntry(at("console.lo█;"), {
			start: 8,
			end: 10,
			text: "log",
		});
		assert.deepEqual([text, offset], ["console.log;", 11]);
	});
});

describe("suggestionShape", () => {
	for (const [lineBefore, lineAfter, textBefore, expected, languageId] of [
		["const a = ", "", "const a = ", "line"],
		["f(", ")", "f(", "line"],
		["f({", "});", "f({", "body"],
		["function f() {", "}", "function f() {", "body"],
		["if (a) {", "} else {", "if (a) {", "line"],
		["const a = [", ")", "const a = [", "line"],
		["function f() {", "", "function f() {", "block"],
		["def f():", "", "def f():", "block", "python"],
		["const f = () =>", "", "const f = () =>", "block"],
		["\t", "", "if (a) {\n\t", "block"],
		["\t", "", "a();\n\t", "line"],
		["", "", "", "block"],
		["\tcase 1:", "", "\tcase 1:", "block"],
		["let a:", "", "let a:", "line"],
		['"a":', "", '"a":', "line", "json"],
		["a:", "", "a:", "block", "yaml"],
		["// as follows:", "", "// as follows:", "line"],
		["// see {", "}", "// see {", "line"],
		["\t", "", "// as follows {\n\t", "line"],
		["# as follows:", "", "# as follows:", "line", "python"],
		["list.each do |it|", "", "list.each do |it|", "block", "ruby"],
		["def name", "", "def name", "block", "ruby"],
		["def name = 1 if a end", "", "", "line", "ruby"],
		["if a then", "", "if a then", "block", "lua"],
		["for i in *; do", "", "for i in *; do", "block", "shellscript"],
		["<ul>", "", "<ul>", "block", "html"],
		["<br>", "", "<br>", "line", "html"],
	] as const)
		it(`in ${languageId ?? "typescript"} of ${JSON.stringify(textBefore)} before ${JSON.stringify(lineAfter)} is a ${expected}`, () =>
			assert.equal(
				suggestionShape({
					languageId: languageId ?? "typescript",
					lineBefore,
					lineAfter,
					textBefore,
				}),
				expected,
			));
});

describe("trimSuggestion", () => {
	const place = (
		lineBefore: string,
		lineAfter: string,
		next: string,
	): FilterPlace => {
		const snapshot = at(`${lineBefore}█${lineAfter}\n${next}`);
		return filterPlace(snapshot, documentContext(snapshot), "line");
	};
	const filtered = (filter: string) => ["", filter] as const;
	const text = (it: string) => [it] as const;
	for (const [lineBefore, raw, lineAfter, nextLine, expected] of [
		["", "", "", "", text("")],
		["", " \n\t", "", "", filtered("blank")],
		["", "foo  ", "", "", text("foo")],
		["f(", "x)", ")", "", text("x")],
		["f(", "x);", ");", "", text("x")],
		["f(", ");", ");", "", filtered("repeatsSuffix")],
		["", "a + b", " + b", "", text("a")],
		["console.log(", "JSON.stringify(x)", ")", "", text("JSON.stringify(x)")],
		["console.log(", "JSON.stringify(x))", ")", "", text("JSON.stringify(x)")],
		["a = [", "b[0]]", "];", "", text("b[0]")],
		["a = [", "b[0]", "];", "", text("b[0]")],
		[
			"f() {",
			"\n\tif (a) {\n\t\tb();\n\t}",
			"}",
			"",
			text("\n\tif (a) {\n\t\tb();\n\t}"),
		],
		['print("', 'hello"', '")', "", text("hello")],
		["\t", "return x;", "", "\treturn x;", filtered("repeatsBelow")],
		["", "}", "", "}", filtered("repeatsBelow")],
		["\t", "}", "", "}", text("}")],
		["", `${"a, ".repeat(10)}`, "", "", filtered("loop")],
	] as const)
		it(`makes ${JSON.stringify(expected)} of ${JSON.stringify(raw)} between ${JSON.stringify(lineBefore)} and ${JSON.stringify(lineAfter)} above ${JSON.stringify(nextLine)}`, () => {
			const fired: string[] = [];
			const left = trimSuggestion(
				raw,
				place(lineBefore, lineAfter, nextLine),
				(name) => fired.push(name),
			);
			const [expectedText, expectedFilter] = expected;
			assert.equal(left, expectedText);
			if (expectedFilter) assert.equal(fired.at(-1), expectedFilter);
		});
});
