/** The bundled grammars. Each is evaluated when the first code block in its language is highlighted. */

import type { LanguageInput } from "shiki/core";

const grammars = {
	c: () => import("shiki/langs/c.mjs"),
	cpp: () => import("shiki/langs/cpp.mjs"),
	csharp: () => import("shiki/langs/csharp.mjs"),
	css: () => import("shiki/langs/css.mjs"),
	diff: () => import("shiki/langs/diff.mjs"),
	docker: () => import("shiki/langs/docker.mjs"),
	go: () => import("shiki/langs/go.mjs"),
	html: () => import("shiki/langs/html.mjs"),
	java: () => import("shiki/langs/java.mjs"),
	javascript: () => import("shiki/langs/javascript.mjs"),
	json: () => import("shiki/langs/json.mjs"),
	kotlin: () => import("shiki/langs/kotlin.mjs"),
	lua: () => import("shiki/langs/lua.mjs"),
	markdown: () => import("shiki/langs/markdown.mjs"),
	powershell: () => import("shiki/langs/powershell.mjs"),
	python: () => import("shiki/langs/python.mjs"),
	rust: () => import("shiki/langs/rust.mjs"),
	shellscript: () => import("shiki/langs/shellscript.mjs"),
	sql: () => import("shiki/langs/sql.mjs"),
	swift: () => import("shiki/langs/swift.mjs"),
	toml: () => import("shiki/langs/toml.mjs"),
	tsx: () => import("shiki/langs/tsx.mjs"),
	typescript: () => import("shiki/langs/typescript.mjs"),
	xml: () => import("shiki/langs/xml.mjs"),
	yaml: () => import("shiki/langs/yaml.mjs"),
} satisfies Readonly<Record<string, LanguageInput>>;

export type LanguageName = keyof typeof grammars;

/** The names that models write behind a fence for these grammars. */
const aliases: Readonly<Record<string, LanguageName>> = {
	bash: "shellscript",
	sh: "shellscript",
	shell: "shellscript",
	zsh: "shellscript",
	"c++": "cpp",
	cc: "cpp",
	h: "c",
	hpp: "cpp",
	cs: "csharp",
	"c#": "csharp",
	dockerfile: "docker",
	golang: "go",
	htm: "html",
	js: "javascript",
	jsx: "javascript",
	cjs: "javascript",
	mjs: "javascript",
	jsonc: "json",
	kt: "kotlin",
	md: "markdown",
	patch: "diff",
	ps1: "powershell",
	py: "python",
	python3: "python",
	rs: "rust",
	ts: "typescript",
	svg: "xml",
	yml: "yaml",
};

export function languageOf(name: string): LanguageName | undefined {
	const lower = name.toLowerCase();
	if (Object.hasOwn(grammars, lower)) return lower as LanguageName;
	return Object.hasOwn(aliases, lower) ? aliases[lower] : undefined;
}

export async function grammarOf(name: LanguageName) {
	return (await grammars[name]()).default;
}
