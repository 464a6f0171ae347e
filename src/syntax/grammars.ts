/** The grammars that the extension ships, by the language ids of VS Code. */

/** C is parsed as C++, which has nearly all of it. */
const grammars: Readonly<Record<string, string>> = {
	c: "cpp",
	cpp: "cpp",
	csharp: "c-sharp",
	go: "go",
	java: "java",
	javascript: "javascript",
	javascriptreact: "javascript",
	php: "php",
	python: "python",
	ruby: "ruby",
	rust: "rust",
	typescript: "typescript",
	typescriptreact: "tsx",
};

/** The file name of the parser, which loads the grammars. */
export const parserFile = "tree-sitter.wasm";

export const grammarFiles: readonly string[] = [
	...new Set(Object.values(grammars)),
].map(fileOf);

/** Undefined where there is none for the language. */
export function grammarFile(languageId: string): string | undefined {
	const grammar = Object.hasOwn(grammars, languageId)
		? grammars[languageId]
		: undefined;
	return grammar && fileOf(grammar);
}

function fileOf(grammar: string): string {
	return `tree-sitter-${grammar}.wasm`;
}
