/** Maps the language names that models write behind a fence to the editor's language ids. */

const aliases: Readonly<Record<string, string>> = {
	bash: "shellscript",
	"c#": "csharp",
	"c++": "cpp",
	cc: "cpp",
	cjs: "javascript",
	cs: "csharp",
	docker: "dockerfile",
	golang: "go",
	h: "c",
	hpp: "cpp",
	htm: "html",
	js: "javascript",
	jsx: "javascriptreact",
	kt: "kotlin",
	make: "makefile",
	md: "markdown",
	mjs: "javascript",
	objc: "objective-c",
	patch: "diff",
	ps1: "powershell",
	py: "python",
	python3: "python",
	rb: "ruby",
	rs: "rust",
	sh: "shellscript",
	shell: "shellscript",
	svg: "xml",
	text: "plaintext",
	ts: "typescript",
	tsx: "typescriptreact",
	txt: "plaintext",
	yml: "yaml",
	zsh: "shellscript",
};

/**
 * @param known the editor's language ids.
 * @returns undefined for a language that the editor does not know.
 */
export function languageIdOf(
	name: string,
	known: readonly string[],
): string | undefined {
	const lower = name.toLowerCase();
	const id = Object.hasOwn(aliases, lower) ? aliases[lower] : lower;
	return known.find((it) => it.toLowerCase() === id);
}
