import assert from "node:assert/strict";
import {
	untilBlockEnd,
	untilClosedBySuffix,
	untilLineEnd,
	untilLoop,
	untilNextLine,
} from "../../../src/completion/filters.ts";
import { loopStart, withoutLoop } from "../../../src/completion/repetition.ts";
import { suggestionShape } from "../../../src/completion/shape.ts";
import { trimSuggestion } from "../../../src/completion/trimSuggestion.ts";

type Filter = (chunks: AsyncIterable<string>) => AsyncIterable<string>;

async function* chunked(text: string, size: number): AsyncGenerator<string> {
	for (let i = 0; i < text.length; i += size) yield text.slice(i, i + size);
}

/** The outcome must not depend on how the text is cut into chunks. */
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
			check(untilLineEnd, text, expected));
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
		["up to a blank line", "\t", "a();\n\n\tb();", "a();"],
		["spaces of odd width", "   if x:", "\n      y()\n   z()", "\n      y()"],
	] as const)
		it(`takes ${what}`, () =>
			check(
				(chunks) =>
					untilBlockEnd(chunks, { lineBefore, nextLine: "", maxLines: 8 }),
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
					untilBlockEnd(chunks, {
						lineBefore: "\tif (a) {",
						nextLine,
						maxLines: 8,
					}),
				"\n\t\tb();\n\t}\n",
				expected,
			));

	it("takes no more lines than allowed", () =>
		check(
			(chunks) =>
				untilBlockEnd(chunks, { lineBefore: "", nextLine: "", maxLines: 2 }),
			"a\nb\nc\n",
			"a\nb",
		));
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
		["// don't ", "stop)", ")", "stop)"],
	] as const)
		it(`makes ${JSON.stringify(expected)} of ${JSON.stringify(text)} between ${JSON.stringify(lineBefore)} and ${JSON.stringify(lineAfter)}`, () =>
			check(
				(chunks) => untilClosedBySuffix(chunks, { lineBefore, lineAfter }),
				text,
				expected,
			));
});

describe("untilNextLine", () => {
	for (const [text, nextLine, expected] of [
		["a();\n\tb();\n\tc();", "\tc();", "a();\n\tb();"],
		["a();\n}\nb();", "}", "a();\n}\nb();"],
		["a();\n", "a();", "a();"],
	] as const)
		it(`makes ${JSON.stringify(expected)} of ${JSON.stringify(text)} above ${JSON.stringify(nextLine)}`, () =>
			check((chunks) => untilNextLine(chunks, nextLine), text, expected));
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

	it("are noticed while they stream", async () => {
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

	it("know where they start", () =>
		assert.equal(loopStart("x abcabcabcabc"), 5));
});

describe("suggestionShape", () => {
	for (const [lineBefore, lineAfter, textBefore, expected] of [
		["const a = ", "", "const a = ", "line"],
		["f(", ")", "f(", "line"],
		["f({", "});", "f({", "body"],
		["function f() {", "}", "function f() {", "body"],
		["if (a) {", "} else {", "if (a) {", "line"],
		["const a = [", ")", "const a = [", "line"],
		["function f() {", "", "function f() {", "block"],
		["def f():", "", "def f():", "block"],
		["const f = () =>", "", "const f = () =>", "block"],
		["\t", "", "if (a) {\n\t", "block"],
		["\t", "", "a();\n\t", "line"],
		["", "", "", "block"],
	] as const)
		it(`of ${JSON.stringify(textBefore)} before ${JSON.stringify(lineAfter)} is a ${expected}`, () =>
			assert.equal(
				suggestionShape({ lineBefore, lineAfter, textBefore }),
				expected,
			));
});

describe("trimSuggestion", () => {
	const none = (reason: object) => ({ kind: "none", reason });
	const filtered = (filter: string) => none({ kind: "filtered", filter });
	const text = (it: string) => ({ kind: "suggestion", text: it });
	for (const [lineBefore, raw, lineAfter, nextLine, expected] of [
		["", "", "", "", none({ kind: "empty" })],
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
		["\t", "return x;", "", "\treturn x;", filtered("repeatsSuffix")],
		["", "}", "", "}", filtered("repeatsSuffix")],
		["\t", "}", "", "}", text("}")],
		["", `${"a, ".repeat(10)}`, "", "", filtered("loop")],
	] as const)
		it(`makes ${JSON.stringify(expected)} of ${JSON.stringify(raw)} between ${JSON.stringify(lineBefore)} and ${JSON.stringify(lineAfter)} above ${JSON.stringify(nextLine)}`, () =>
			assert.deepEqual(
				trimSuggestion(raw, { lineBefore, lineAfter, nextLine }),
				expected,
			));
});
