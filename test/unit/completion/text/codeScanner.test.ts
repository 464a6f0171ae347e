import assert from "node:assert/strict";
import { getCompletion } from "../../../../src/completion/request/getCompletion.ts";
import { noContext } from "../../../../src/completion/request/promptContext.ts";
import { CodeScanner } from "../../../../src/completion/text/codeScanner.ts";
import { at } from "../../../support/cursor.ts";
import { FakeEngine } from "../../../support/fakes/fakeEngine.ts";

/** After each text, the cursor is in code, with these brackets open. */
const code: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
	rust: [
		["fn f<'a>(x: &'a str", ")"],
		["fn f<'a, 'b: 'a>(x: &'a str, y: &'b [u8", "])"],
		["'outer: loop { break 'outer", "}"],
		["let c = 'x'; f(", ")"],
		["let c = '\\''; f(", ")"],
		["let c = '('; f[", "]"],
		["let c = '\\u{1F600}'; f(", ")"],
		["let c = b'('; f(", ")"],
		['let s = r"\\"; f(', ")"],
		['let s = r#"a " ( b"#; f(', ")"],
		['let s = br##"a "# ( b"##; f(', ")"],
		['let s = "it\'s ("; f(', ")"],
		["/* a /* b ( */ ( */ f(", ")"],
		["// don't (\nf(", ")"],
		['let s = "two\n( lines"; f(', ")"],
		["impl<'a> Iterator for It<'a> {", "}"],
	],
	cpp: [
		["f(1'000, x", ")"],
		["auto n = 0xFF'FF'00; f(", ")"],
		["auto n = 0b1010'0101u; f(", ")"],
		["auto c = L'('; f(", ")"],
		["auto c = u8'\\''; f(", ")"],
		['auto s = R"(a " ) b)"; f(', ")"],
		['auto s = u8R"x(a )" ( b)x"; f(', ")"],
		["// isn't (\nf(", ")"],
		["#error don't do that\nf(", ")"],
		['printf("%d (\\"", a[', "])"],
	],
	csharp: [
		['var p = @"C:\\"; f(', ")"],
		['var p = @"say ""hi ("""; f(', ")"],
		['var p = $"a {x} ("; f(', ")"],
		['var p = $"a {f("x")} ("; f(', ")"],
		['var p = $"a {{ ("; f(', ")"],
		['var p = """a " ( b"""; f(', ")"],
		['var p = """"a """ ( b""""; f(', ")"],
		["var c = '('; f(", ")"],
	],
	javascript: [
		["`a ${f(1)} (`; g(", ")"],
		["`a ${`b ${c} (`} (`; g(", ")"],
		["`a ${{ b: '}' }.b} (`; g(", ")"],
		["x = a / (b", ")"],
		["x = /[(/]/.test(", ")"],
		["return /\\(/.test(", ")"],
		["x = y.replace(/'/g, a[", "])"],
		["// don't (\nf(", ")"],
		["/* don't ( */ f(", ")"],
		["const s = 'it\\'s ('; f(", ")"],
		['const url = "http://a"; f(', ")"],
	],
	typescriptreact: [
		["<p>Don't {f(", ")}"],
		["<a href='(' /> ; f(", ")"],
	],
	python: [
		['x = """a " ( \' b"""; f(', ")"],
		["x = '''a\n(\n'''\nf(", ")"],
		['x = ""; f(', ")"],
		['x = r"\\d("; f(', ")"],
		["x = f\"a {g('(')} (\"; f(", ")"],
		['x = f"{{ ("; f(', ")"],
		["x = f'{d[\"a\"]} ('; f(", ")"],
		["x = rb'('; f(", ")"],
		["# don't (\nf(", ")"],
	],
	go: [
		["s := `a \\`; f(", ")"],
		["s := `a ' \" (\n`; f(", ")"],
		["r := '('; f(", ")"],
		["r := '\\''; f(", ")"],
	],
	shellscript: [
		["echo 'a \\' ; f(", ")"],
		["echo a'b (' ; f(", ")"],
		['echo "a $(g "(") (" ; f(', ")"],
		["echo $'it\\'s (' ; f(", ")"],
		["echo ${#a} ; f(", ")"],
		["# don't (\nf(", ")"],
	],
	ruby: [
		['s = "a #{g("(")} ("; f(', ")"],
		["# don't (\nf(", ")"],
	],
	sql: [
		["SELECT 'it''s (' || f(", ")"],
		["-- don't (\nSELECT f(", ")"],
	],
	lua: [
		["--[[ don't\n( ]] f(", ")"],
		["s = [[ a ' ( ]] f(", ")"],
		["-- don't (\nf(", ")"],
	],
	haskell: [
		["foldl' (f", ")"],
		["x' = g (", ")"],
		["c = '(' : f (", ")"],
		["{- don't ( {- -} ( -} f (", ")"],
		["type A = '[Int, B (", ")]"],
	],
	ocaml: [
		["let f (x : 'a list) = g (", ")"],
		["let c = '(' in g (", ")"],
		["(* don't ( *) g (", ")"],
	],
	kotlin: [
		['val s = """a\\""" + f(', ")"],
		['val s = "${g("(")} ("; f(', ")"],
	],
	java: [['var s = """\n  say "hi" (\n  """; f(', ")"]],
	swift: [
		['let s = "\\(g("(")) ("; f(', ")"],
		['let s = #"a " ( b"#; f(', ")"],
	],
	dart: [["var s = r'\\'; f(", ")"]],
	php: [["$a = 'it\\'s ('; # don't (\nf(", ")"]],
	powershell: [
		["$a = 'it''s ('; f(", ")"],
		['$a = "a `" ("; f(', ")"],
		["<# don't ( #> f(", ")"],
	],
	yaml: [
		["a: don't # isn't (\nb: [", "]"],
		["a: 'it''s ('\nb: [", "]"],
	],
	toml: [["a = 'C:\\'\nb = [", "]"]],
	clojure: [["(map '(1 2) [", "])"]],
	vb: [["' don't (\nf(", ")"]],
	matlab: [
		["% don't (\nb = A' * f(", ")"],
		["b = (A * B)' + c.' + f(", ")"],
		["s = 'it''s ('; f(", ")"],
	],
	verilog: [["x = 4'b1010 + f(", ")"]],
	css: [["a { background: url(http://x.y/z", ")}"]],
	scss: [["// don't (\na {", "}"]],
	markdown: [
		["It's 5\" (new", ")"],
		["Don't do [that", "]"],
	],
	plaintext: [["the users' list (as", ")"]],
	html: [
		["<p>Don't (", ")"],
		["<a title='('>don't (", ")"],
		["<!-- don't ( --> (", ")"],
	],
	json: [['{"a(\\"": [', "]}"]],
	unknownlanguage: [["don't (\nf('(', ", "))"]],
};

describe("CodeScanner", () => {
	for (const [languageId, cases] of Object.entries(code))
		for (const [text, open] of cases)
			it(`knows code in ${languageId}: ${JSON.stringify(text)}`, () => {
				const scanner = new CodeScanner(languageId);
				scanner.readAll(text);
				assert.equal(scanner.isInText, false, "in a text");
				assert.equal(scanner.open.toReversed().join(""), open);
			});

	for (const [languageId, text, quote] of [
		["rust", 'let s = r#"a " b', '"#'],
		["rust", "let c = '(", "'"],
		["cpp", 'auto s = R"x(a )"', ')x"'],
		["csharp", 'var s = @"a "" b', '"'],
		["csharp", 'var s = """"a """', '""""'],
		["javascript", "`a ${b} c", "`"],
		["python", 'x = """a "" b', '"""'],
		["python", "x = 'it\\'s", "'"],
		["go", "s := `a \\", "`"],
		["shellscript", "echo 'a \\", "'"],
		["sql", "SELECT 'it''s", "'"],
		["markdown", 'He said "hello', '"'],
		["typescript", '// say "hello', '"'],
		["typescript", "// don't", ""],
		["rust", "fn f(x: &'a", ""],
		["cpp", "f(1'000", ""],
	] as const)
		it(`knows what closes a string in ${languageId}: ${JSON.stringify(text)}`, () =>
			assert.equal(new CodeScanner(languageId, text).quote, quote));

	it("does not depend on where it starts in code", () => {
		for (const [languageId, cases] of Object.entries(code))
			for (const [text] of cases) {
				const whole = new CodeScanner(languageId);
				whole.readAll(text);
				for (let cut = 0; cut <= text.length; cut++) {
					const parts = new CodeScanner(languageId, text.slice(0, cut));
					parts.readAll(text.slice(cut));
					assert.equal(parts.isInText, whole.isInText, text.slice(0, cut));
				}
			}
	});
});

describe("closers that the editor inserted", () => {
	for (const [languageId, document, answer, shown] of [
		["rust", "fn f(x: A█)", ", y: B) -> bool {", ", y: B"],
		["rust", "fn f<T>(x: &str█)", ", y: &'a str) -> bool {", ", y: &'a str"],
		["rust", "fn f<'a>(x: &'a str█)", ", y: u8) -> bool {", ", y: u8"],
		["rust", "f(x, █)", "'(', y);", "'(', y"],
		["rust", "f('\\'', █)", "y);", "y"],
		["rust", "f(█)", 'r#"a ) " b"#, y);', 'r#"a ) " b"#, y'],
		["rust", 'f(r#"a█"#)', ' " b"#);', ' " b'],
		["cpp", "f(1'000, x█)", ", y);", ", y"],
		["cpp", "f(x█)", ", 1'000'000);", ", 1'000'000"],
		["c", "f(x█)", ", '(', ')');", ", '(', ')'"],
		["cpp", "f(█)", 'R"(a ) b)", y);', 'R"(a ) b)", y'],
		["csharp", "f(█)", '@"C:\\", y);', '@"C:\\", y'],
		["javascript", "// don't call f(x█)", ", y) twice", ", y"],
		["javascript", "/** Don't call f(x█) */", ", y) twice", ", y"],
		["javascript", "/**\n * Don't call f(x█)\n */", ", y) twice", ", y"],
		["python", "# don't call f(x█)", ", y) twice", ", y"],
		["javascript", "f(`a ${b█}`)", ".c} d`)", ".c"],
		["javascript", "f(█)", "`a ${g(')')}`, y);", "`a ${g(')')}`, y"],
		["javascript", 'log("f(x█)")', ', y)")', ", y"],
		["python", "f(█)", "rb'\\)', y)", "rb'\\)', y"],
		["python", 'f("""a█""")', ' " b""")', ' " b'],
		["go", "f(█)", "`\\`, y)", "`\\`, y"],
		["shellscript", "a=$(f █)", "'it) ' b)", "'it) ' b"],
		["markdown", "Don't (see [this█])", "] page)", ""],
		["markdown", "It's here (as the users' list█)", " says) and", " says"],
		["plaintext", 'A 5" disk (new█)', " and big) for", " and big"],
		["latex", "the users' \\emph{list█}", " of names} is", " of names"],
		["html", "<p>Don't (see below█)</p>", " or above)</p>", " or above"],
		["haskell", "f' (x█)", " y) z", " y"],
	] as const)
		it(`are not doubled in ${languageId}: ${JSON.stringify(document)} and ${JSON.stringify(answer)}`, async () => {
			for (const size of [1, 3, 1000]) {
				const chunks = answer.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
				const result = await getCompletion(
					at(document, { languageId }),
					new FakeEngine(() => chunks),
					{ signal: new AbortController().signal, contextProvider: noContext },
				);
				assert.equal(result.kind === "suggestion" ? result.text : "", shown);
			}
		});
});
