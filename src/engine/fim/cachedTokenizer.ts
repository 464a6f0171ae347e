/** Remembers the tokens of texts: with each key the blocks of a prompt are the same, and tokenizing all of them takes longer than the key's own tokens. */

import { LruCache } from "../../base/lruCache.ts";
import type { LoadedModel, Token } from "../runtime/runtime.ts";

/** More than one prompt has blocks and snippets, for each of a few files. */
const maxTexts = 512;

/** Shorter texts are tokenized in no time, and are mostly what is being typed. */
const minChars = 32;

export class CachedTokenizer {
	readonly #tokenize: LoadedModel["tokenize"];
	readonly #known = new LruCache<string, readonly Token[]>(maxTexts);

	constructor(tokenize: LoadedModel["tokenize"]) {
		this.#tokenize = tokenize;
	}

	tokenize(text: string): readonly Token[] {
		if (text.length < minChars) return this.#tokenize(text);
		const tokens = this.#known.get(text) ?? this.#tokenize(text);
		this.#known.set(text, tokens);
		return tokens;
	}
}
