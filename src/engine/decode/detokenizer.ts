/** Incremental detokenization: never emits half a character. */

import type { LoadedModel, Token } from "../runtime/runtime.ts";

/** An incomplete sequence of UTF-8 bytes decodes to this. */
const replacement = "\ufffd";

/** A character has at most four bytes, so more pending tokens than this are invalid UTF-8, and emitted as they are. */
const maxPendingTokens = 4;

export class Detokenizer {
	readonly #detokenize: LoadedModel["detokenize"];
	readonly #done: Token[];
	#pending: Token[] = [];

	/** @param before the tokens of the prompt: the first character may depend on the last ones. */
	constructor(
		detokenize: LoadedModel["detokenize"],
		before: readonly Token[] = [],
	) {
		this.#detokenize = detokenize;
		this.#done = before.slice(-maxPendingTokens);
	}

	/** @returns the text that this token completes; empty while a character is incomplete. */
	push(token: Token): string {
		this.#pending.push(token);
		const text = this.#detokenize(this.#pending, this.#done);
		if (text.endsWith(replacement) && this.#pending.length < maxPendingTokens)
			return "";
		this.#done.push(...this.#pending);
		this.#pending = [];
		return text;
	}
}
