/** The loop that turns a prompt into tokens: prefill what is new, then decode one by one. */

import type { StopReason } from "../protocol/generation.ts";
import type { KvCache } from "./kvCache.ts";
import type { Token, TokenLimits } from "./runtime.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** What the answer begins with. */
export interface AnswerStart {
	/** Text of the prompt's end that was taken back: the answer repeats it, in tokens of the model's own choice. */
	readonly heldBack: string;
	/** The first token is the likeliest for 0, the next likely one for 1, and so on. */
	readonly rank: number;
	readonly vocabulary: Pick<Vocabulary, "beginning">;
	readonly textOf: (token: Token) => string;
}

export interface GenerateOptions {
	readonly maxTokens: number;
	/** Tokens evaluated between two looks at the signal. */
	readonly chunkTokens: number;
	/** Lengths of the prompt to which the next prompts will come back. */
	readonly checkpoints?: readonly number[];
	readonly start?: AnswerStart;
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
	options: GenerateOptions,
): AsyncGenerator<Token, GenerateOutcome> {
	const { maxTokens, isEnd, signal, now } = options;
	const startMs = now();
	const reusedTokens = await cache.keepSharedWith(prompt);
	await prefill(cache, prompt, options);

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

	let heldBack = options.start?.heldBack ?? "";
	let pending = prompt.at(-1);
	while (pending !== undefined) {
		if (signal.aborted) return outcome("cancelled");
		if (decodeTokens >= maxTokens) return outcome("maxTokens");
		if (cache.tokens.length === cache.contextWindow)
			return outcome("contextFull");
		const limits = limitsFor(heldBack, options.start);
		if (limits.among?.length === 0) return outcome("endOfText");
		const next: Token | undefined =
			decodeTokens === 0
				? await firstToken(cache, prompt, limits, options)
				: (await cache.append([pending], 1, limits))[0];
		decodeTokens++;
		if (next === undefined || isEnd(next)) return outcome("endOfText");
		yield next;
		heldBack = heldBack.slice(options.start?.textOf(next).length ?? 0);
		pending = next;
	}
	return outcome("endOfText");
}

/** Evaluates all but the last token, which is evaluated on its own: only there the model is asked what follows. */
async function prefill(
	cache: KvCache,
	prompt: readonly Token[],
	{ chunkTokens, checkpoints = [], signal }: GenerateOptions,
): Promise<void> {
	const lastIndex = prompt.length - 1;
	while (cache.tokens.length < lastIndex && !signal.aborted) {
		const at = cache.tokens.length;
		const border = checkpoints.find((it) => it > at) ?? lastIndex;
		const end = Math.min(at + chunkTokens, border, lastIndex);
		await cache.append(prompt.slice(at, end), 0);
		if (checkpoints.includes(end)) await cache.checkpoint();
	}
}

/** While text that was taken back is missing, only tokens that go along with it. */
function limitsFor(
	heldBack: string,
	start: AnswerStart | undefined,
): TokenLimits {
	if (heldBack === "" || !start) return {};
	return { among: start.vocabulary.beginning(heldBack) };
}

/** Of the given rank: the model is asked once more without each token that is likelier. */
async function firstToken(
	cache: KvCache,
	prompt: readonly Token[],
	limits: TokenLimits,
	options: GenerateOptions,
): Promise<Token | undefined> {
	const likelier: Token[] = [];
	for (;;) {
		const [next] = await cache.append(prompt.slice(-1), 1, {
			...limits,
			except: likelier,
		});
		const isLast = likelier.length === (options.start?.rank ?? 0);
		if (next === undefined || isLast || options.signal.aborted) return next;
		likelier.push(next);
		await cache.keepSharedWith(prompt);
		await prefill(cache, prompt, options);
	}
}
