/** A parser for tests and benchmarks, which wait for its grammars. */

import path from "node:path";
import { nullLog } from "../../src/base/log.ts";
import { SyntaxParser } from "../../src/syntax/parser.ts";

/** Where the package has its files; the extension has copies in `dist`. */
export const grammarFolder = path.resolve(
	import.meta.dirname,
	"../../node_modules/@vscode/tree-sitter-wasm/wasm",
);

export async function loadedSyntax(
	...languageIds: string[]
): Promise<SyntaxParser> {
	const parser = new SyntaxParser({
		folder: grammarFolder,
		// However busy the machine is.
		maxParseMs: 60_000,
		log: nullLog,
	});
	for (const languageId of languageIds) await parser.load(languageId);
	return parser;
}
