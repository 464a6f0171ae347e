/** The language ids of VS Code by the names of files, as VS Code and its usual extensions assign them. */

import path from "node:path";

/** By id: endings with a dot, and whole names without a path, in any case. A star is any text. */
const names: Readonly<Record<string, string>> = {
	ada: ".adb .ads",
	asciidoc: ".adoc .asciidoc .asc",
	asm: ".asm .s .nasm",
	astro: ".astro",
	awk: ".awk",
	bat: ".bat .cmd",
	bibtex: ".bib",
	bicep: ".bicep",
	c: ".c .i",
	clojure: ".clj .cljs .cljc .cljx .edn .bb",
	cmake: ".cmake CMakeLists.txt",
	coffeescript: ".coffee .cson .iced Cakefile",
	cpp: ".cpp .cppm .cc .ccm .cxx .cxxm .c++ .hpp .hh .hxx .h++ .h .ii .ino .inl .ipp .ixx .tpp .txx .h.in .hpp.in",
	crystal: ".cr",
	csharp: ".cs .csx .cake",
	css: ".css",
	csv: ".csv .tsv",
	"cuda-cpp": ".cu .cuh",
	d: ".d .di",
	dart: ".dart",
	diff: ".diff .patch .rej",
	dockercompose:
		"docker-compose*.yml docker-compose*.yaml compose.yml compose.yaml compose.*.yml compose.*.yaml",
	dockerfile:
		".dockerfile .containerfile Dockerfile Dockerfile.* Containerfile Containerfile.*",
	dotenv: ".env .env.* .flaskenv",
	elixir: ".ex .exs",
	elm: ".elm",
	erb: ".erb",
	erlang: ".erl .hrl .escript rebar.config",
	fish: ".fish",
	fortran: ".f .for .f77 .f90 .f95 .f03 .f08",
	fsharp: ".fs .fsi .fsx .fsscript",
	gdscript: ".gd",
	"git-commit": "COMMIT_EDITMSG MERGE_MSG",
	"git-rebase": "git-rebase-todo",
	glsl: ".glsl .vert .frag .geom .comp .tesc .tese",
	go: ".go",
	"go.mod": "go.mod go.work",
	graphql: ".graphql .gql .graphqls",
	groovy: ".groovy .gvy .gradle .jenkinsfile .nf Jenkinsfile Jenkinsfile*",
	handlebars: ".handlebars .hbs .hjs .mustache",
	haskell: ".hs .lhs .hs-boot",
	hcl: ".hcl",
	hlsl: ".hlsl .hlsli .fx .fxh .vsh .psh .cginc .compute",
	html: ".html .htm .shtml .xhtml .xht .mdoc .jsp .asp .aspx .jshtm .ejs",
	ignore:
		".gitignore .gitignore_global .npmignore .dockerignore .eslintignore .prettierignore .vscodeignore",
	ini: ".ini",
	java: ".java .jav",
	javascript:
		".js .es6 .mjs .cjs .pac .jsm .ssjs jakefile Jakefile .node_repl_history",
	javascriptreact: ".jsx",
	jinja: ".jinja .jinja2 .j2",
	json: ".json .bowerrc .jscsrc .webmanifest .js.map .css.map .ts.map .har .jslintrc .jsonld .geojson .ipynb .watchmanconfig composer.lock .mcp.json",
	jsonc:
		".jsonc .code-workspace .code-snippets .eslintrc .eslintrc.json .jsfmtrc .jshintrc .swcrc .hintrc .babelrc .babelrc.json tsconfig.json tsconfig.*.json tsconfig-*.json jsconfig.json jsconfig.*.json devcontainer.json .devcontainer.json tslint.json typedoc.json api-extractor.json language-configuration.json",
	json5: ".json5",
	jsonl: ".jsonl .ndjson",
	julia: ".jl",
	kotlin: ".kt .kts",
	latex: ".tex .ltx .ctx",
	less: ".less",
	lisp: ".lisp .lsp .cl .el",
	log: ".log",
	lua: ".lua .luau .rockspec",
	makefile:
		".mk .mak .make Makefile makefile GNUmakefile OCamlMakefile Makefile.*",
	markdown:
		".md .mkd .mdwn .mdown .markdown .markdn .mdtxt .mdtext .workbook .mdc",
	matlab: ".matlab",
	mdx: ".mdx",
	nginx: "nginx.conf",
	nim: ".nim .nims .nimble",
	"objective-c": ".m",
	"objective-cpp": ".mm",
	ocaml: ".ml .mli .mll .mly",
	pascal: ".pas .pp .dpr .lpr",
	perl: ".pl .pm .pod .t .psgi",
	php: ".php .php4 .php5 .phtml .ctp",
	plaintext: ".txt LICENSE COPYING AUTHORS",
	powershell: ".ps1 .psm1 .psd1 .pssc .psrc",
	prolog: ".pro .prolog",
	properties:
		".properties .cfg .conf .directory .gitattributes .gitconfig .gitmodules .editorconfig .repo .npmrc gitconfig .desktop .service",
	proto3: ".proto",
	purescript: ".purs",
	python:
		".py .rpy .pyw .cpy .gyp .gypi .pyi .ipy .pyt .pyx .pxd SConstruct SConscript Snakefile wscript",
	r: ".r .rhistory .rprofile .rt",
	racket: ".rkt",
	raku: ".raku .rakumod .rakutest .p6 .pl6 .pm6 .nqp",
	razor: ".cshtml .razor",
	restructuredtext: ".rst",
	ruby: ".rb .rbx .rjs .gemspec .rake .ru .erb.rb .podspec .rbi .jbuilder Rakefile Gemfile Guardfile Podfile Capfile Cheffile Hobofile Vagrantfile Appraisals Rantfile Berksfile Thorfile Puppetfile Dangerfile Brewfile Fastfile Appfile Deliverfile Matchfile Scanfile Snapfile Gymfile config.ru",
	rust: ".rs",
	scala: ".scala .sc .sbt",
	scheme: ".scm .ss .sld",
	scss: ".scss",
	shaderlab: ".shader",
	shellscript:
		".sh .bash .bashrc .bash_aliases .bash_profile .bash_login .bash_logout .profile .xprofile .xsession .xsessionrc .ebuild .zsh .zshrc .zprofile .zlogin .zlogout .zshenv .zsh-theme .ksh .csh .cshrc .tcshrc .yashrc .yash_profile .envrc .bats APKBUILD PKGBUILD bashrc bash_aliases zshrc profile .hushlogin",
	sml: ".sml .sig",
	solidity: ".sol",
	sql: ".sql .dsql .psql .mysql .ddl .dml",
	starlark:
		".bzl .star BUILD BUILD.bazel WORKSPACE WORKSPACE.bazel MODULE.bazel",
	stylus: ".styl",
	svelte: ".svelte",
	swift: ".swift .swiftinterface",
	systemverilog: ".sv .svh",
	tcl: ".tcl",
	terraform: ".tf .tfvars",
	tex: ".sty .cls .bbx .cbx",
	thrift: ".thrift",
	toml: ".toml Cargo.lock Pipfile poetry.lock uv.lock pdm.lock Gopkg.lock",
	typescript: ".ts .cts .mts",
	typescriptreact: ".tsx",
	vala: ".vala .vapi",
	vb: ".vb .bas .vbs .brs",
	verilog: ".v .vh",
	vhdl: ".vhd .vhdl",
	vue: ".vue",
	xml: ".xml .xsd .svg .ascx .atom .axml .axaml .bpmn .csl .csproj .dita .ditamap .dtd .ent .fsproj .fxml .iml .isml .launch .mod .mxml .nuspec .opml .owl .pom .proj .props .ps1xml .pubxml .qhelp .qrc .rdf .resx .rng .rss .storyboard .targets .tld .ui .vbproj .vcxproj .vcxproj.filters .wsdl .wxi .wxl .wxs .xaml .xbl .xib .xlf .xliff .xoml .xul .plist .slnx",
	xsl: ".xsl .xslt",
	yaml: ".yml .yaml .eyaml .eyml .cff .yaml-tmlanguage .yaml-tmpreferences .yaml-tmtheme .winget .clang-format .clang-tidy .clangd pnpm-lock.yaml CITATION.cff .gemrc yarn.lock",
	zig: ".zig .zon",
};

/** By the program that runs a script. */
const interpreters: readonly (readonly [RegExp, string])[] = [
	[/^(?:ba|z|k|c|tc|da|a)?sh$/, "shellscript"],
	[/^fish$/, "fish"],
	[/^(?:node|nodejs|bun|deno)$/, "javascript"],
	[/^(?:ts-node|tsx)$/, "typescript"],
	[/^(?:python|pypy)[\d.]*$/, "python"],
	[/^(?:ruby|jruby)[\d.]*$/, "ruby"],
	[/^perl[\d.]*$/, "perl"],
	[/^php[\d.]*$/, "php"],
	[/^lua[\d.]*$/, "lua"],
	[/^Rscript$/, "r"],
	[/^julia$/, "julia"],
	[/^(?:groovy)$/, "groovy"],
	[/^(?:g|m|n)?awk$/, "awk"],
	[/^make$/, "makefile"],
	[/^tclsh[\d.]*$/, "tcl"],
	[/^(?:pwsh|powershell)$/, "powershell"],
	[/^(?:elixir|escript)$/, "elixir"],
];

const byName = new Map<string, string>();
const byEnding = new Map<string, string>();
const byPattern: (readonly [RegExp, string])[] = [];
for (const [id, list] of Object.entries(names))
	for (const name of list.toLowerCase().split(" "))
		if (name.includes("*"))
			byPattern.push([
				new RegExp(`^${name.replaceAll(".", "\\.").replaceAll("*", "[^/]*")}$`),
				id,
			]);
		else if (name.startsWith(".")) byEnding.set(name, id);
		else byName.set(name, id);

export const languageIds = Object.keys(names);

/** @param firstLine tells the language where the name does not: `#!/bin/sh`. */
export function languageIdOf(file: string, firstLine = ""): string {
	const name = path.basename(file).toLowerCase();
	const known = byName.get(name) ?? byEndingOf(name, true);
	if (known !== undefined) return known;
	const pattern = byPattern.find(([it]) => it.test(name));
	return (
		pattern?.[1] ??
		byEndingOf(name, false) ??
		byInterpreter(firstLine) ??
		"plaintext"
	);
}

/** The longest ending counts: `.h.in`. */
function byEndingOf(name: string, isWhole: boolean): string | undefined {
	if (isWhole) return byEnding.get(name);
	for (let at = name.indexOf("."); at >= 0; at = name.indexOf(".", at + 1)) {
		const id = byEnding.get(name.slice(at));
		if (id !== undefined) return id;
	}
	return undefined;
}

function byInterpreter(firstLine: string): string | undefined {
	if (!firstLine.startsWith("#!")) return undefined;
	const [program = "", ...rest] = firstLine.slice(2).trim().split(/\s+/);
	const isEnv = path.posix.basename(program) === "env";
	const named = isEnv
		? rest.find((it) => !it.startsWith("-") && !it.includes("="))
		: program;
	const interpreter = path.posix.basename(named ?? "");
	return interpreters.find(([it]) => it.test(interpreter))?.[1];
}
