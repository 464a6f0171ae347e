/** Parses source code with tree-sitter's WebAssembly grammars. Neither the parser nor a grammar is loaded before it is needed. */

import path from "node:path";
import type * as TreeSitter from "@vscode/tree-sitter-wasm";
import type { Log } from "../base/log.ts";
import { messageOf } from "../protocol/errors.ts";
import { textEdit } from "./edit.ts";
import { grammarFile, parserFile } from "./grammars.ts";

interface Loaded {
	readonly parser: TreeSitter.Parser;
	/** The last text, and its tree: the next text usually differs from it in a few lines. */
	last: { readonly text: string; readonly tree: TreeSitter.Tree } | undefined;
}

export interface SyntaxParserOptions {
	/** The folder of the `.wasm` files. */
	readonly folder: string;
	/** A parse that takes longer is given up: what is on the screen is worth more. */
	readonly maxParseMs?: number;
	readonly log: Log;
}

/** Twice what a thousand lines take on a modest machine. */
const defaultMaxParseMs = 30;

export class SyntaxParser {
	readonly #options: SyntaxParserOptions;
	readonly #loading = new Map<string, Promise<void>>();
	readonly #loaded = new Map<string, Loaded>();
	#library: Promise<typeof TreeSitter> | undefined;

	constructor(options: SyntaxParserOptions) {
		this.#options = options;
	}

	/**
	 * The root of the text's tree; valid until the next call. Undefined where there is no grammar for the language, or it is still being
	 * loaded (the first call for a language begins that), or the text takes too long.
	 */
	parse(languageId: string, text: string): TreeSitter.Node | undefined {
		const file = grammarFile(languageId);
		const loaded = file && this.#loaded.get(file);
		if (!loaded) {
			void this.load(languageId);
			return undefined;
		}
		const { last } = loaded;
		if (last?.text === text) return last.tree.rootNode;
		last?.tree.edit(textEdit(last.text, text));
		const tree = this.#parseWithin(loaded.parser, text, last?.tree);
		last?.tree.delete();
		loaded.last = tree && { text, tree };
		return tree?.rootNode;
	}

	/** Settles when `parse` knows the language, or there is no grammar that could be loaded; never rejects. */
	load(languageId: string): Promise<void> {
		const file = grammarFile(languageId);
		if (file === undefined) return Promise.resolve();
		let loading = this.#loading.get(file);
		if (!loading) {
			loading = this.#load(file);
			this.#loading.set(file, loading);
		}
		return loading;
	}

	dispose(): void {
		for (const { parser, last } of this.#loaded.values()) {
			last?.tree.delete();
			parser.delete();
		}
		this.#loaded.clear();
	}

	/** Undefined where it would take too long, as it may among many errors. */
	#parseWithin(
		parser: TreeSitter.Parser,
		text: string,
		last: TreeSitter.Tree | undefined,
	): TreeSitter.Tree | undefined {
		const { maxParseMs = defaultMaxParseMs } = this.#options;
		const endMs = performance.now() + maxParseMs;
		const tree = parser.parse(text, last, {
			progressCallback: () => performance.now() > endMs,
		});
		// Else the next parse would go on with this one.
		if (!tree) parser.reset();
		return tree ?? undefined;
	}

	/** A grammar that fails is not tried again: without one, indentation decides. */
	async #load(file: string): Promise<void> {
		const { folder, log } = this.#options;
		try {
			this.#library ??= initialized(folder);
			const { Parser, Language } = await this.#library;
			const language = await Language.load(path.join(folder, file));
			const parser = new Parser();
			parser.setLanguage(language);
			this.#loaded.set(file, { parser, last: undefined });
			log.debug(`loaded ${file}`);
		} catch (thrown) {
			log.warn(`could not load ${file}: ${messageOf(thrown)}`);
		}
	}
}

async function initialized(folder: string): Promise<typeof TreeSitter> {
	const module: typeof TreeSitter & { readonly default?: typeof TreeSitter } =
		await import("@vscode/tree-sitter-wasm");
	// It is a CommonJS module: how its exports are found depends on who loads it.
	const library = module.default ?? module;
	await library.Parser.init({
		locateFile: () => path.join(folder, parserFile),
	});
	return library;
}
