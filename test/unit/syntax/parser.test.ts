import assert from "node:assert/strict";
import path from "node:path";
import { logTo, nullLog } from "../../../src/base/log.ts";
import { textEdit } from "../../../src/syntax/edit.ts";
import { grammarFile, grammarFiles } from "../../../src/syntax/grammars.ts";
import { SyntaxParser } from "../../../src/syntax/parser.ts";
import { loadedSyntax } from "../../support/loadedSyntax.ts";
import { seededRandom } from "../../support/seededRandom.ts";

const folder = path.resolve(
	import.meta.dirname,
	"../../../node_modules/@vscode/tree-sitter-wasm/wasm",
);

describe("SyntaxParser", () => {
	it("knows a language once its grammar is loaded, and loads it when first asked", async () => {
		const parser = new SyntaxParser({ folder, log: nullLog });
		assert.equal(parser.parse("python", "a = 1"), undefined);
		await parser.load("python");
		assert.equal(parser.parse("python", "a = 1")?.type, "module");
		assert.equal(parser.parse("go", "package a"), undefined);
		parser.dispose();
	});

	it("knows no language without a grammar", async () => {
		const parser = new SyntaxParser({ folder, log: nullLog });
		for (const languageId of ["markdown", "constructor", ""]) {
			await parser.load(languageId);
			assert.equal(parser.parse(languageId, "a"), undefined);
		}
	});

	it("says once that a grammar cannot be loaded", async () => {
		const warnings: string[] = [];
		const parser = new SyntaxParser({
			folder: path.join(folder, "missing"),
			log: logTo((level, message) => {
				if (level === "warn") warnings.push(message);
			}),
		});
		await parser.load("python");
		await parser.load("python");
		assert.equal(parser.parse("python", "a = 1"), undefined);
		assert.equal(warnings.length, 1);
		assert.match(warnings[0] ?? "", /tree-sitter-python\.wasm/);
	});

	it("gives a parse up that takes too long, and parses the next text", async () => {
		const text = "const a = [1, 2, 3];\n".repeat(20_000);
		const parser = new SyntaxParser({ folder, maxParseMs: 0, log: nullLog });
		await parser.load("typescript");
		assert.equal(parser.parse("typescript", text), undefined);
		const short = parser.parse("typescript", "let a;");
		assert.equal(short?.toString().includes("lexical_declaration"), true);
		parser.dispose();
	});

	it("parses the same text to the same tree, whatever it parsed before", async () => {
		const parser = await loadedSyntax("typescript");
		const text =
			"class A {\n\tf(a: number) {\n\t\treturn `${a} €`;\n\t}\n}\n// 😀\n";
		const fresh = await loadedSyntax("typescript");
		const whole = fresh.parse("typescript", text)?.toString();
		const random = seededRandom(3);
		for (let round = 0; round < 200; round++) {
			const from = Math.floor(random() * text.length);
			const to = from + Math.floor(random() * (text.length - from));
			parser.parse("typescript", text.slice(0, from) + text.slice(to));
			const tree = parser.parse("typescript", text);
			assert.equal(tree?.toString(), whole);
			assert.equal(tree?.endIndex, text.length);
		}
		parser.dispose();
		fresh.dispose();
	});
});

describe("grammars", () => {
	it("are at most one file for each language", () => {
		assert.equal(grammarFile("c"), grammarFile("cpp"));
		assert.equal(grammarFile("plaintext"), undefined);
		assert.equal(new Set(grammarFiles).size, grammarFiles.length);
	});
});

describe("textEdit", () => {
	it("spans what differs", () => {
		assert.deepEqual(textEdit("a\nbcd\ne", "a\nbXXd\ne"), {
			startIndex: 3,
			oldEndIndex: 4,
			newEndIndex: 5,
			startPosition: { row: 1, column: 1 },
			oldEndPosition: { row: 1, column: 2 },
			newEndPosition: { row: 1, column: 3 },
		});
	});

	it("is empty between equal texts", () => {
		const edit = textEdit("a\nb", "a\nb");
		assert.equal(edit.startIndex, edit.oldEndIndex);
		assert.equal(edit.startIndex, edit.newEndIndex);
	});
});
