/** The loop that turns a prompt into tokens: prefill what is new, then decode one by one. */

import type { StopReason } from "../protocol/generation.ts";
import type { KvCache } from "./kvCache.ts";
import type { Token } from "./runtime.ts";

export interface GenerateOptions {
	readonly maxTokens: number;
	/** Tokens evaluated between two looks at the signal. */
	readonly chunkTokens: number;
	readonly isEnd: (token: Token) => boolean;
	readonly signal: AbortSignal;
	readonly now: () => number;
}

export interface GenerateOutcome {
	readonly stopReason: StopReason;
	readonly reusedTokens: number;
	readonly prefillTokens: number;
	readonly prefillMs: number;
	readonly decodeTokens: number;
	readonly decodeMs: number;
}

/**
 * Greedy decoding behind a prompt. Yields each token as soon as it is known, never one for which `isEnd` holds.
 *
 * An abort takes effect within one chunk of prefill or one token; what was evaluated until then stays in the cache
 * for the next request. Throws what the sequence throws; the cache recovers by itself.
 */
export async function* generate(
	cache: KvCache,
	prompt: readonly Token[],
	{ maxTokens, chunkTokens, isEnd, signal, now }: GenerateOptions,
): AsyncGenerator<Token, GenerateOutcome> {
	const startMs = now();
	const reusedTokens = await cache.keepSharedWith(prompt);

	// The last token is evaluated on its own: only there the model is asked what follows.
	const lastIndex = prompt.length - 1;
	while (cache.tokens.length < lastIndex && !signal.aborted) {
		const at = cache.tokens.length;
		await cache.append(
			prompt.slice(at, Math.min(at + chunkTokens, lastIndex)),
			0,
		);
	}

	let pending = prompt[lastIndex];
	let decodeTokens = 0;
	const prefillTokens = cache.tokens.length - reusedTokens;
	const prefillMs = now() - startMs;
	const outcome = (stopReason: StopReason): GenerateOutcome => ({
		stopReason,
		reusedTokens,
		prefillTokens: prefillTokens + (decodeTokens > 0 ? 1 : 0),
		prefillMs,
		decodeTokens,
		decodeMs: now() - startMs - prefillMs,
	});

	while (pending !== undefined) {
		if (signal.aborted) return outcome("cancelled");
		if (decodeTokens === maxTokens) return outcome("maxTokens");
		if (cache.tokens.length === cache.contextWindow)
			return outcome("contextFull");
		const [next] = await cache.append([pending], 1);
		decodeTokens++;
		if (next === undefined || isEnd(next)) return outcome("endOfText");
		yield next;
		pending = next;
	}
	return outcome("endOfText");
}
