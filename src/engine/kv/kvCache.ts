/** A prefix cache: tracks which tokens a sequence holds, and reuses what the next prompt shares with them. */

import { assert } from "../../base/assert.ts";
import type {
	LikelyToken,
	Sequence,
	Token,
	TokenChoice,
	TokenLimits,
} from "../runtime/runtime.ts";

export function longestCommonPrefix(
	a: readonly Token[],
	b: readonly Token[],
): number {
	const limit = Math.min(a.length, b.length);
	let length = 0;
	while (length < limit && a[length] === b[length]) length++;
	return length;
}

/** Invariant: `#tokens` are exactly the tokens whose state the sequence holds, unless `#unknown` is set. */
export class KvCache {
	readonly #sequence: Sequence;
	#tokens: Token[] = [];
	/** Set while the sequence changes. If that throws, its content is unknown, and it is emptied before its next use. */
	#unknown = false;

	constructor(sequence: Sequence) {
		this.#sequence = sequence;
	}

	get contextWindow(): number {
		return this.#sequence.contextWindow;
	}

	get canRollBack(): boolean {
		return this.#sequence.canRollBack;
	}

	/** False after a failed change, when `tokens` says nothing. */
	get isIntact(): boolean {
		return !this.#unknown;
	}

	get tokens(): readonly Token[] {
		return this.#tokens;
	}

	/**
	 * Keeps the common prefix of cache and prompt, and drops the rest. Never keeps the last token of the prompt, which must be evaluated
	 * to predict its successor.
	 *
	 * @returns the number of tokens kept.
	 */
	async reusePrefix(prompt: readonly Token[]): Promise<number> {
		const kept = this.#unknown
			? 0
			: Math.min(
					longestCommonPrefix(this.#tokens, prompt),
					Math.max(prompt.length - 1, 0),
				);
		if (this.#unknown || kept < this.#tokens.length) {
			this.#tokens.length = await this.#change(() =>
				this.#sequence.truncate(kept),
			);
		}
		return this.#tokens.length;
	}

	/** See {@link Sequence.evaluate}. */
	async append(
		tokens: readonly Token[],
		predictions: number,
		choice: TokenChoice = {},
	): Promise<readonly Token[]> {
		this.#assertRoom(tokens);
		const next = await this.#change(() =>
			this.#sequence.evaluate(tokens, predictions, choice),
		);
		this.#tokens.push(...tokens);
		return next;
	}

	/** See {@link Sequence.predict}. */
	async predict(
		tokens: readonly Token[],
		predictions: number,
		limits: TokenLimits = {},
	): Promise<readonly LikelyToken[]> {
		this.#assertRoom(tokens);
		const next = await this.#change(() =>
			this.#sequence.predict(tokens, predictions, limits),
		);
		this.#tokens.push(...tokens);
		return next;
	}

	/**
	 * Drops the tokens from this index on. Requires `canRollBack`. Does nothing after a failed change: the cache is emptied before its next use
	 * anyway.
	 */
	async rollBackTo(length: number): Promise<void> {
		assert(this.#sequence.canRollBack, "a sequence that can roll back");
		if (this.#unknown || length >= this.#tokens.length) return;
		this.#tokens.length = await this.#change(() =>
			this.#sequence.truncate(length),
		);
	}

	/** See {@link Sequence.saveState}. */
	saveState(file: string): Promise<void> {
		return this.#sequence.saveState(file);
	}

	/** See {@link Sequence.loadState}. If it rejects, the cache is empty afterwards. */
	async loadState(file: string): Promise<void> {
		this.#tokens = [
			...(await this.#change(() => this.#sequence.loadState(file))),
		];
	}

	/** See {@link Sequence.checkpoint}. */
	async checkpoint(): Promise<void> {
		await this.#change(() => this.#sequence.checkpoint());
	}

	#assertRoom(tokens: readonly Token[]): void {
		assert(
			this.#tokens.length + tokens.length <= this.contextWindow,
			"no more tokens than the context window holds",
		);
	}

	async #change<T>(change: () => Promise<T>): Promise<T> {
		this.#unknown = true;
		const result = await change();
		this.#unknown = false;
		return result;
	}
}
