/** The loop that turns a prompt into tokens: prefill what is new, then decode, one by one or as many as a draft guessed right. */

import type { StopReason } from "../../protocol/generation.ts";
import type { KvCache } from "../kv/kvCache.ts";
import type { Sampling, Token, TokenLimits } from "../runtime/runtime.ts";
import type { Draft } from "../speculation/draft.ts";
import type { Speculation } from "../speculation/speculation.ts";
import type { VocabularyIndex } from "./vocabularyIndex.ts";

/** What the answer begins with. */
export interface AnswerStart {
	/** Text of the prompt's end that was taken back: the answer repeats it, in tokens of the model's own choice. */
	readonly heldBack: string;
	/** The first token is the likeliest for 0, the next likely one for 1, and so on. */
	readonly rank: number;
	readonly vocabulary: Pick<VocabularyIndex, "beginning">;
	readonly textOf: (token: Token) => string;
}

export interface GenerateOptions {
	readonly maxTokens: number;
	/** Tokens evaluated between two looks at the signal. */
	readonly chunkTokens: number;
	/** Lengths of the prompt to which the next prompts will come back. */
	readonly checkpoints?: readonly number[];
	readonly start?: AnswerStart;
	/** Greedy where there is none. */
	readonly sampling?: Sampling;
	/** Only for a cache that can be cut back anywhere. */
	readonly speculation?: Speculation | undefined;
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
	/** Evaluations that these took. */
	readonly decodeSteps: number;
	readonly decodeMs: number;
}

/**
 * Decoding behind a prompt. Yields each token as soon as it is known, never one for which `isEnd` holds. The tokens are the same with and without
 * speculation, and so is what is left in the cache, however it ends.
 *
 * An abort takes effect within one chunk of prefill or one evaluation; what was evaluated until then stays in the cache
 * for the next request. Throws what the sequence throws; the cache recovers by itself.
 */
export async function* generate(
	cache: KvCache,
	prompt: readonly Token[],
	options: GenerateOptions,
): AsyncGenerator<Token, GenerateOutcome> {
	const { maxTokens, isEnd, signal, now, speculation } = options;
	const startMs = now();
	const reusedTokens = await cache.reusePrefix(prompt);
	speculation?.begin(prompt);
	await prefill(cache, prompt, options);

	const prefillTokens = cache.tokens.length - reusedTokens;
	const prefillMs = now() - startMs;
	const text = [...prompt];
	let decodeTokens = 0;
	let decodeSteps = 0;
	let isEnded = false;
	const outcome = (stopReason: StopReason): GenerateOutcome => ({
		stopReason,
		reusedTokens,
		prefillTokens: prefillTokens + (decodeTokens > 0 ? 1 : 0),
		prefillMs,
		decodeTokens,
		decodeSteps,
		decodeMs: now() - startMs - prefillMs,
	});

	let heldBack = options.start?.heldBack ?? "";
	try {
		for (;;) {
			if (signal.aborted || prompt.length === 0) return outcome("cancelled");
			if (decodeTokens >= maxTokens) return outcome("maxTokens");
			if (cache.tokens.length === cache.contextWindow)
				return outcome("contextFull");
			const limits = limitsFor(heldBack, options.start);
			if (limits.allowed?.length === 0) return outcome("endOfText");
			const isFree = limits.allowed === undefined;
			const said =
				decodeTokens === 0 && (!isFree || options.start?.rank)
					? await firstToken(cache, prompt, limits, options)
					: await nextTokens(cache, text, limits, options, {
							maxDrafted: isFree ? maxTokens - decodeTokens - 1 : 0,
						});
			if (said.length > 0) decodeSteps++;
			for (const [index, next] of said.entries()) {
				if (index > 0 && signal.aborted) return outcome("cancelled");
				decodeTokens++;
				isEnded = isEnd(next);
				if (isEnded) return outcome("endOfText");
				text.push(next);
				yield next;
				heldBack = heldBack.slice(options.start?.textOf(next).length ?? 0);
			}
		}
	} finally {
		// Token by token, the last one that was yielded is evaluated only to learn what follows it.
		const evaluated = text.length - (isEnded ? 0 : 1);
		if (speculation) await cache.rollBackTo(evaluated);
		speculation?.end(decodeTokens);
	}
}

/**
 * Evaluates the last token of the text, and behind it what was drafted, if anything: at least one token is known then. None where drafting was
 * aborted.
 */
async function nextTokens(
	cache: KvCache,
	text: readonly Token[],
	limits: TokenLimits,
	{ speculation, sampling, signal, now }: GenerateOptions,
	{ maxDrafted }: { readonly maxDrafted: number },
): Promise<readonly Token[]> {
	const room = cache.contextWindow - cache.tokens.length - 1;
	const draft = await speculation?.propose(
		text,
		Math.min(maxDrafted, room),
		signal,
	);
	if (signal.aborted) return [];
	const drafted = draft?.tokens ?? [];
	const startMs = now();
	const start = cache.tokens.length;
	const said = await cache.append(
		[...text.slice(-1), ...drafted],
		drafted.length + 1,
		{ ...limits, sampling },
	);
	const accepted = acceptedTokens(draft, said);
	if (accepted < drafted.length) await cache.rollBackTo(start + 1 + accepted);
	const tokens = said.slice(0, accepted + 1);
	speculation?.settle(draft, tokens, now() - startMs);
	return tokens;
}

/** As long as the model says what was drafted, what it says next is what it would have said one by one. */
function acceptedTokens(
	draft: Draft | undefined,
	said: readonly Token[],
): number {
	if (!draft) return 0;
	const wrong = draft.tokens.findIndex((token, index) => token !== said[index]);
	return wrong < 0 ? draft.tokens.length : wrong;
}

/** Evaluates all but the last token, which is evaluated on its own: only there the model is asked what follows. */
async function prefill(
	cache: KvCache,
	prompt: readonly Token[],
	{ chunkTokens, checkpoints = [], speculation, signal }: GenerateOptions,
): Promise<void> {
	const lastIndex = prompt.length - 1;
	while (cache.tokens.length < lastIndex && !signal.aborted) {
		const at = cache.tokens.length;
		const border = checkpoints.find((it) => it > at) ?? lastIndex;
		const end = Math.min(at + chunkTokens, border, lastIndex);
		await cache.append(prompt.slice(at, end), 0);
		if (checkpoints.includes(end)) await cache.checkpoint();
		await speculation?.read(prompt, end, signal);
	}
}

/** While text that was taken back is missing, only tokens that go along with it. */
function limitsFor(
	heldBack: string,
	start: AnswerStart | undefined,
): TokenLimits {
	if (heldBack === "" || !start) return {};
	return { allowed: start.vocabulary.beginning(heldBack) };
}

/** Of the given rank: the model is asked once more without each token that is likelier. */
async function firstToken(
	cache: KvCache,
	prompt: readonly Token[],
	limits: TokenLimits,
	options: GenerateOptions,
): Promise<readonly Token[]> {
	const { sampling } = options;
	const likelier: Token[] = [];
	for (;;) {
		const said = await cache.append(prompt.slice(-1), 1, {
			...limits,
			banned: likelier,
			sampling,
		});
		const isLast = likelier.length === (options.start?.rank ?? 0);
		if (isLast || options.signal.aborted) {
			options.speculation?.note(said);
			return said;
		}
		likelier.push(...said);
		await cache.reusePrefix(prompt);
		await prefill(cache, prompt, options);
	}
}
