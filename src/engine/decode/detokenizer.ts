/** Tokens to text as they come, never half a character. */

import type { LoadedModel, Token } from "../runtime/runtime.ts";

/** What an incomplete sequence of UTF-8 bytes decodes to. */
const replacement = "\ufffd";

/** A character has at most four bytes; a model that emits more broken ones than this means them. */
const maxPendingTokens = 4;

export class Detokenizer {
	readonly #detokenize: LoadedModel["detokenize"];
	readonly #done: Token[];
	#pending: Token[] = [];

	/** @param before the tokens of the prompt, or their end: a first character may depend on them. */
	constructor(
		detokenize: LoadedModel["detokenize"],
		before: readonly Token[] = [],
	) {
		this.#detokenize = detokenize;
		this.#done = before.slice(-maxPendingTokens);
	}

	/** The text that this token completes; empty while a character is incomplete. */
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
