/** Drafts by a small model with the same vocabulary. It has a prefix cache of its own, so that it only evaluates new tokens. */

import { assert } from "../../base/assert.ts";
import { type KvCache, longestCommonPrefix } from "../kv/kvCache.ts";
import type { Token } from "../runtime/runtime.ts";
import type {
	Draft,
	Drafter,
	DraftingOptions,
	ReadingOptions,
} from "./draft.ts";
import { probabilityEvidence } from "./evidence.ts";

export class DraftModel implements Drafter {
	readonly #cache: KvCache;
	readonly #sharedTokens: number;

	/** @param sharedTokens token ids below this are the same in both vocabularies. */
	constructor(cache: KvCache, sharedTokens: number) {
		this.#cache = cache;
		this.#sharedTokens = sharedTokens;
	}

	unreadTokens(text: readonly Token[]): number {
		return text.length - longestCommonPrefix(this.#cache.tokens, text);
	}

	async read(
		text: readonly Token[],
		end: number,
		{ chunkTokens, signal }: ReadingOptions,
	): Promise<void> {
		if (!this.#canRead(text)) return;
		let start = await this.#cache.reusePrefix(text);
		while (start < end && !signal.aborted) {
			const chunk = text.slice(start, Math.min(start + chunkTokens, end));
			await this.#cache.append(chunk, 0);
			start += chunk.length;
		}
	}

	async draft(
		text: readonly Token[],
		{
			maxTokens,
			chunkTokens,
			shouldContinue,
			onTokenMs,
			now,
			signal,
		}: DraftingOptions,
	): Promise<Draft | undefined> {
		const room = this.#cache.contextWindow - text.length;
		const maxLength = Math.min(maxTokens, room);
		if (maxLength <= 0 || !this.#canRead(text)) return undefined;
		await this.read(text, text.length - 1, { chunkTokens, signal });
		const tokens: Token[] = [];
		const evidence: number[] = [];
		let pending = text.slice(this.#cache.tokens.length);
		while (
			tokens.length < maxLength &&
			!signal.aborted &&
			shouldContinue(evidence)
		) {
			const startMs = now();
			const [likeliest] = await this.#cache.predict(pending, 1);
			assert(likeliest, "one prediction was requested");
			const { token, probability } = likeliest;
			if (pending.length === 1) onTokenMs(now() - startMs);
			if (token >= this.#sharedTokens) break;
			tokens.push(token);
			evidence.push(probabilityEvidence(probability));
			pending = [token];
		}
		return tokens.length > 0
			? { source: "model", tokens, evidence }
			: undefined;
	}

	#canRead(text: readonly Token[]): boolean {
		return (
			text.length < this.#cache.contextWindow &&
			text.every((token) => token < this.#sharedTokens)
		);
	}
}
