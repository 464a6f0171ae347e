/** What opens a string or a comment in each language, by the language ids of VS Code. An unknown language is treated as one like C. */

export interface StringSyntax {
	readonly close: string;
	/** A character before which nothing has its meaning; "doubled" where two quotes stand for one. */
	readonly escape: "\\" | "`" | "^" | "doubled" | "";
	readonly isMultiline: boolean;
	/** What begins code inside the string, as `${` does; it ends with the bracket that matches the last character. */
	readonly code?: string | undefined;
	/** Three of the quotes open a string of several lines, in which a backslash is one where it is "raw". */
	readonly triple?: "escaped" | "raw" | undefined;
	/** Four or more quotes open one that as many close. */
	readonly grows?: boolean | undefined;
}

export interface LanguageText {
	/** By the quote that opens it. */
	readonly strings: Readonly<Record<string, StringSyntax>>;
	/** By what stands right before the quote, in lower case: what is different then. */
	readonly prefixes: Readonly<Record<string, Partial<StringSyntax>>>;
	readonly lineComments: readonly string[];
	readonly blockComments: readonly (readonly [open: string, close: string])[];
	readonly nestsComments: boolean;
	/** A line comment starts only at the start of a line or after white space: `a#b` is a word. */
	readonly commentNeedsSpace: boolean;
	/** After an apostrophe, a name that no apostrophe follows is a lifetime, a type variable or a label. */
	readonly hasLifetimes: boolean;
	/** Behind a closing bracket, a dot or another apostrophe, an apostrophe transposes a matrix. */
	readonly hasTranspose: boolean;
	/** Where a value is expected, a slash opens a regular expression. */
	readonly hasRegex: boolean;
	/** A quote right after a word opens a string too, as in a shell; elsewhere that is an apostrophe, or a separator of digits. */
	readonly joinsWords: boolean;
	/** `r#"…"#` of Rust, `R"x(…)x"` of C++, `#"…"#` of Swift. */
	readonly raw: "rust" | "cpp" | "swift" | undefined;
	/** Some texts have no quotes around them, so that only the line of a place tells whether that is inside a string. */
	readonly hasHeredocs: boolean;
	/** Quotes are punctuation, and brackets count wherever they are. `tags`: but those in tags are quotes. */
	readonly prose: "all" | "tags" | undefined;
}

const double: StringSyntax = { close: '"', escape: "\\", isMultiline: false };
const single: StringSyntax = { close: "'", escape: "\\", isMultiline: false };
const back: StringSyntax = { close: "`", escape: "\\", isMultiline: true };
const rawBack: StringSyntax = { ...back, escape: "" };
const strings = { '"': double, "'": single };
const multiline = {
	'"': { ...double, isMultiline: true },
	"'": { ...single, isMultiline: true },
};
const doubled = {
	'"': { ...double, escape: "doubled" },
	"'": { ...single, escape: "doubled" },
} as const;
const slashStar = ["/*", "*/"] as const;

const like: LanguageText = {
	strings,
	prefixes: {},
	lineComments: ["//"],
	blockComments: [slashStar],
	nestsComments: false,
	commentNeedsSpace: false,
	hasLifetimes: false,
	hasTranspose: false,
	hasRegex: false,
	joinsWords: false,
	hasHeredocs: false,
	raw: undefined,
	prose: undefined,
};

const unknown: LanguageText = {
	...like,
	strings: { ...strings, "`": { ...back, isMultiline: false } },
};
const c: LanguageText = {
	...like,
	prefixes: { l: {}, u: {}, u8: {} },
	raw: "cpp",
};
const verbatim = { escape: "doubled", isMultiline: true } as const;
const cSharp: LanguageText = {
	...like,
	strings: { '"': { ...double, triple: "raw", grows: true }, "'": single },
	prefixes: {
		"@": verbatim,
		$: { code: "{" },
		$$: { code: "{{" },
		"$@": { ...verbatim, code: "{" },
		"@$": { ...verbatim, code: "{" },
	},
};
const java: LanguageText = {
	...like,
	strings: { '"': { ...double, triple: "escaped" }, "'": single },
};
const dollarCode = { ...double, triple: "escaped", code: "${" } as const;
const kotlin: LanguageText = {
	...like,
	strings: { '"': { ...dollarCode, triple: "raw" }, "'": single },
	nestsComments: true,
};
const scala: LanguageText = { ...kotlin, hasLifetimes: true };
const groovy: LanguageText = {
	...like,
	strings: { '"': dollarCode, "'": { ...single, triple: "escaped" } },
};
const dart: LanguageText = {
	...like,
	strings: {
		'"': dollarCode,
		"'": { ...single, triple: "escaped", code: "${" },
	},
	prefixes: { r: { escape: "", code: undefined } },
};
const swift: LanguageText = {
	...like,
	strings: { '"': { ...double, triple: "escaped", code: "\\(" } },
	nestsComments: true,
	raw: "swift",
};
const javascript: LanguageText = {
	...like,
	strings: { ...strings, "`": { ...back, code: "${" } },
	hasRegex: true,
};
const go: LanguageText = { ...like, strings: { ...strings, "`": rawBack } };
const rust: LanguageText = {
	...like,
	strings: { '"': { ...double, isMultiline: true }, "'": single },
	prefixes: { b: {}, c: {} },
	nestsComments: true,
	hasLifetimes: true,
	raw: "rust",
};
const php: LanguageText = {
	...like,
	strings: { '"': { ...multiline['"'], code: "{$" }, "'": multiline["'"] },
	lineComments: ["//", "#"],
	hasHeredocs: true,
};
const css: LanguageText = { ...like, lineComments: [] };
const json: LanguageText = {
	...like,
	strings: { '"': double },
	lineComments: [],
	blockComments: [],
};

const hash: LanguageText = { ...like, lineComments: ["#"], blockComments: [] };
const pythonFormat = { code: "{" } as const;
const pythonRaw = {} as const;
const python: LanguageText = {
	...hash,
	strings: {
		'"': { ...double, triple: "escaped" },
		"'": { ...single, triple: "escaped" },
	},
	prefixes: {
		r: pythonRaw,
		b: {},
		u: {},
		br: pythonRaw,
		rb: pythonRaw,
		...Object.fromEntries(
			["f", "fr", "rf", "t", "tr", "rt"].map((it) => [it, pythonFormat]),
		),
	},
};
const ruby: LanguageText = {
	...hash,
	strings: {
		'"': { ...multiline['"'], code: "#{" },
		"'": multiline["'"],
		"`": { ...back, code: "#{" },
	},
	hasRegex: true,
	hasHeredocs: true,
};
const elixir: LanguageText = {
	...hash,
	strings: {
		'"': { ...double, triple: "escaped", code: "#{" },
		"'": { ...single, code: "#{" },
	},
};
const julia: LanguageText = {
	...hash,
	strings: { '"': { ...double, triple: "escaped", code: "$(" }, "'": single },
	blockComments: [["#=", "=#"]],
	nestsComments: true,
	hasTranspose: true,
};
const nim: LanguageText = {
	...hash,
	strings: { '"': { ...double, triple: "escaped" }, "'": single },
	blockComments: [["#[", "]#"]],
	nestsComments: true,
};
const coffeescript: LanguageText = {
	...hash,
	strings: {
		'"': { ...double, triple: "escaped", code: "#{" },
		"'": { ...single, triple: "escaped" },
	},
	blockComments: [["###", "###"]],
	hasRegex: true,
};
const perl: LanguageText = { ...hash, strings: multiline, hasHeredocs: true };
const spacedHash: LanguageText = { ...hash, commentNeedsSpace: true };
const shell: LanguageText = {
	...spacedHash,
	strings: {
		'"': { ...multiline['"'], code: "$(" },
		"'": { close: "'", escape: "", isMultiline: true },
	},
	prefixes: { $: { escape: "\\" } },
	joinsWords: true,
	hasHeredocs: true,
};
const powershell: LanguageText = {
	...hash,
	strings: {
		'"': { close: '"', escape: "`", isMultiline: true, code: "$(" },
		"'": { close: "'", escape: "doubled", isMultiline: true },
	},
	blockComments: [["<#", "#>"]],
	hasHeredocs: true,
};
const yaml: LanguageText = {
	...spacedHash,
	strings: { '"': double, "'": doubled["'"] },
};
const toml: LanguageText = {
	...hash,
	strings: {
		'"': { ...double, triple: "escaped" },
		"'": { close: "'", escape: "", isMultiline: false, triple: "escaped" },
	},
};
const config: LanguageText = { ...spacedHash, strings: { '"': double } };
const terraform: LanguageText = {
	...like,
	strings: { '"': { ...double, code: "${" } },
	lineComments: ["#", "//"],
};
const graphql: LanguageText = {
	...hash,
	strings: { '"': { ...double, triple: "escaped" } },
};

const dash: LanguageText = { ...like, lineComments: ["--"], blockComments: [] };
const sql: LanguageText = {
	...dash,
	strings: {
		'"': { ...doubled['"'], isMultiline: true },
		"'": { ...doubled["'"], isMultiline: true },
		"`": { ...rawBack, isMultiline: false },
	},
	prefixes: { e: { escape: "\\" }, n: {}, b: {}, x: {}, u: {} },
	blockComments: [slashStar],
};
const lua: LanguageText = {
	...dash,
	blockComments: [
		["--[[", "]]"],
		["[[", "]]"],
		["[=[", "]=]"],
	],
};
const haskell: LanguageText = {
	...dash,
	blockComments: [["{-", "-}"]],
	nestsComments: true,
	hasLifetimes: true,
};
const elm: LanguageText = {
	...haskell,
	strings: { '"': { ...double, triple: "escaped" }, "'": single },
};
const ada: LanguageText = {
	...dash,
	strings: { '"': doubled['"'], "'": single },
	hasLifetimes: true,
};
const ml: LanguageText = {
	...like,
	strings: { '"': { ...double, isMultiline: true }, "'": single },
	lineComments: [],
	blockComments: [["(*", "*)"]],
	nestsComments: true,
	hasLifetimes: true,
};
const fSharp: LanguageText = {
	...ml,
	strings: {
		'"': { ...double, isMultiline: true, triple: "raw" },
		"'": single,
	},
	prefixes: { "@": verbatim, $: { code: "{" } },
	lineComments: ["//"],
};
const pascal: LanguageText = {
	...like,
	strings: { "'": doubled["'"] },
	blockComments: [
		["{", "}"],
		["(*", "*)"],
	],
};
const lisp: LanguageText = {
	...like,
	strings: { '"': { ...double, isMultiline: true } },
	lineComments: [";"],
	blockComments: [["#|", "|#"]],
};
const assembly: LanguageText = { ...like, lineComments: [";", "//"] };
const ini: LanguageText = { ...config, lineComments: [";", "#"] };
const basic: LanguageText = {
	...like,
	strings: { '"': doubled['"'] },
	lineComments: ["'"],
	blockComments: [],
};
const batch: LanguageText = {
	...like,
	strings: { '"': { close: '"', escape: "", isMultiline: false } },
	lineComments: ["::"],
	blockComments: [],
};
const percent: LanguageText = {
	...like,
	lineComments: ["%"],
	blockComments: [],
};
const matlab: LanguageText = {
	...percent,
	strings: doubled,
	hasTranspose: true,
};
const fortran: LanguageText = {
	...like,
	strings: doubled,
	lineComments: ["!"],
	blockComments: [],
};
const prose: LanguageText = {
	...like,
	strings: {},
	lineComments: [],
	blockComments: [],
	prose: "all",
};
const markup: LanguageText = {
	...prose,
	strings: {
		'"': { close: '"', escape: "", isMultiline: true },
		"'": { close: "'", escape: "", isMultiline: true },
	},
	blockComments: [["<!--", "-->"]],
	prose: "tags",
};

const languages: readonly (readonly [LanguageText, ids: string])[] = [
	[c, "c cpp objective-c objective-cpp cuda-cpp"],
	[
		like,
		"d glsl hlsl shaderlab proto proto3 solidity vala bicep zig systemverilog verilog thrift",
	],
	[cSharp, "csharp"],
	[java, "java"],
	[kotlin, "kotlin"],
	[scala, "scala"],
	[groovy, "groovy"],
	[dart, "dart"],
	[swift, "swift"],
	[javascript, "javascript typescript javascriptreact typescriptreact"],
	[go, "go go.mod"],
	[rust, "rust"],
	[php, "php"],
	[css, "css"],
	[{ ...css, lineComments: ["//"] }, "scss less stylus"],
	[json, "json"],
	[
		{ ...json, lineComments: ["//"], blockComments: [slashStar] },
		"jsonc json5 jsonl",
	],
	[python, "python gdscript starlark"],
	[ruby, "ruby crystal"],
	[elixir, "elixir"],
	[julia, "julia"],
	[nim, "nim"],
	[coffeescript, "coffeescript"],
	[perl, "perl raku perl6 awk"],
	[
		{
			...hash,
			strings: { ...strings, "`": { ...rawBack, isMultiline: false } },
		},
		"r",
	],
	[shell, "shellscript fish"],
	[powershell, "powershell"],
	[yaml, "yaml dockercompose github-actions-workflow"],
	[toml, "toml"],
	[
		config,
		"makefile dockerfile dotenv properties ignore cmake tcl nginx gitignore",
	],
	[terraform, "terraform hcl"],
	[graphql, "graphql"],
	[sql, "sql"],
	[lua, "lua"],
	[haskell, "haskell purescript"],
	[elm, "elm"],
	[ada, "ada vhdl"],
	[ml, "ocaml sml"],
	[fSharp, "fsharp"],
	[pascal, "pascal"],
	[lisp, "lisp commonlisp clojure scheme racket elisp"],
	[assembly, "asm"],
	[ini, "ini"],
	[basic, "vb"],
	[batch, "bat"],
	[percent, "erlang prolog"],
	[matlab, "matlab octave"],
	[fortran, "fortran FortranFreeForm"],
	[
		prose,
		"markdown mdx plaintext latex tex bibtex restructuredtext asciidoc git-commit git-rebase scminput log diff csv",
	],
	[
		markup,
		"html xml xsl svg vue svelte astro handlebars razor erb jinja django-html",
	],
];

const byId: ReadonlyMap<string, LanguageText> = new Map(
	languages.flatMap(([syntax, ids]) =>
		ids.split(" ").map((id) => [id, syntax] as const),
	),
);

export function languageText(languageId: string): LanguageText {
	return byId.get(languageId) ?? unknown;
}
