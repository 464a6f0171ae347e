/** The generation loop: prefill what the KV cache lacks, then decode, token by token or several at once by speculative decoding. */

import type { StopReason } from "../../protocol/generation.ts";
import type { KvCache } from "../kv/kvCache.ts";
import type { Sampling, Token, TokenLimits } from "../runtime/runtime.ts";
import type { Draft } from "../speculation/draft.ts";
import type { Speculation } from "../speculation/speculation.ts";
import type { VocabularyIndex } from "./vocabularyIndex.ts";

/** Constraints on the start of the answer. */
export interface AnswerStart {
	/** Token healing: text removed from the end of the prompt, which the answer must begin with. */
	readonly heldBack: string;
	/** The rank of the first token by probability: 0 is the argmax. */
	readonly rank: number;
	/** Whether the answer must have text before its first line end. */
	readonly isText: boolean;
	readonly vocabulary: Pick<
		VocabularyIndex,
		"beginning" | "beginningText" | "blankEnds"
	>;
	readonly textOf: (token: Token) => string;
}

export interface GenerateOptions {
	readonly maxTokens: number;
	/** Tokens evaluated between two checks of the signal. */
	readonly chunkTokens: number;
	/** Lengths of the prompt that later prompts will roll back to, in ascending order; for a cache that cannot roll back to any. */
	readonly checkpoints?: readonly number[];
	readonly start?: AnswerStart;
	/** Greedy if undefined. */
	readonly sampling?: Sampling;
	/** Whether to tell the probability of each token; only without sampling. */
	readonly withProbabilities?: boolean;
	/** Generation ends where the joint probability of the tokens falls below this. Default: 0. */
	readonly minProbability?: number;
	/** Requires a cache that can roll back. */
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
	/** Evaluations of the model for these tokens. */
	readonly decodeSteps: number;
	readonly decodeMs: number;
}

/** A generated token; null where its probability was not asked for. */
export interface GeneratedToken {
	readonly token: Token;
	readonly probability: number | null;
}

/**
 * Yields each generated token, but none for which `isEnd` holds. The tokens, and the final content of the cache, are the same with and without
 * speculation, however generation ends.
 *
 * An abort takes effect within one chunk of prefill or one decode step; what was evaluated stays in the cache for the next
 * request. Throws what the sequence throws; the cache recovers.
 */
export async function* generate(
	cache: KvCache,
	prompt: readonly Token[],
	options: GenerateOptions,
): AsyncGenerator<GeneratedToken, GenerateOutcome> {
	const { maxTokens, isEnd, signal, now, speculation } = options;
	const { minProbability = 0 } = options;
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
	let isBlank = options.start?.isText ?? false;
	let jointProbability = 1;
	try {
		for (;;) {
			if (signal.aborted || prompt.length === 0) return outcome("cancelled");
			if (decodeTokens >= maxTokens) return outcome("maxTokens");
			if (cache.tokens.length === cache.contextWindow)
				return outcome("contextFull");
			const limits = limitsFor(heldBack, isBlank, options.start);
			if (limits.allowed?.length === 0) return outcome("endOfText");
			const isFree = !limits.allowed && !limits.banned;
			const generated =
				decodeTokens === 0 && (!isFree || options.start?.rank)
					? await firstToken(cache, prompt, limits, options)
					: await nextTokens(cache, text, limits, options, {
							maxDrafted: isFree ? maxTokens - decodeTokens - 1 : 0,
						});
			if (generated.length > 0) decodeSteps++;
			for (const [index, next] of generated.entries()) {
				if (index > 0 && signal.aborted) return outcome("cancelled");
				decodeTokens++;
				const { token, probability } = next;
				isEnded = isEnd(token);
				if (isEnded) return outcome("endOfText");
				text.push(token);
				yield next;
				jointProbability *= probability ?? 1;
				if (jointProbability < minProbability) return outcome("unsure");
				const newText = options.start?.textOf(token) ?? "";
				isBlank &&= newText.slice(heldBack.length).trim() === "";
				heldBack = heldBack.slice(newText.length);
			}
		}
	} finally {
		// Without speculation, the last yielded token would not have been evaluated yet.
		const evaluated = text.length - (isEnded ? 0 : 1);
		if (speculation) await cache.rollBackTo(evaluated);
		speculation?.end(decodeTokens);
	}
}

/**
 * One decode step: evaluates the last token together with a draft, if there is one.
 *
 * @returns the accepted tokens and the one after them; nothing if aborted while drafting.
 */
async function nextTokens(
	cache: KvCache,
	text: readonly Token[],
	limits: TokenLimits,
	options: GenerateOptions,
	{ maxDrafted }: { readonly maxDrafted: number },
): Promise<readonly GeneratedToken[]> {
	const { speculation, signal, now } = options;
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
	const predicted = await predict(
		cache,
		[...text.slice(-1), ...drafted],
		drafted.length + 1,
		limits,
		options,
	);
	const accepted = acceptedTokens(draft, predicted);
	if (accepted < drafted.length) await cache.rollBackTo(start + 1 + accepted);
	const generated = predicted.slice(0, accepted + 1);
	speculation?.recordStep(draft, tokensOf(generated), now() - startMs);
	return generated;
}

/** The next tokens, with their probabilities where those were asked for. */
async function predict(
	cache: KvCache,
	tokens: readonly Token[],
	predictions: number,
	limits: TokenLimits,
	{ sampling, withProbabilities = false }: GenerateOptions,
): Promise<readonly GeneratedToken[]> {
	if (withProbabilities && !sampling)
		return cache.predict(tokens, predictions, limits);
	const next = await cache.append(tokens, predictions, { ...limits, sampling });
	return next.map((token) => ({ token, probability: null }));
}

function tokensOf(generated: readonly GeneratedToken[]): readonly Token[] {
	return generated.map(({ token }) => token);
}

/** The length of the prefix of the draft that equals the predictions. A prediction is valid only if all drafted tokens before it are. */
function acceptedTokens(
	draft: Draft | undefined,
	predicted: readonly GeneratedToken[],
): number {
	if (!draft) return 0;
	const rejected = draft.tokens.findIndex(
		(token, index) => token !== predicted[index]?.token,
	);
	return rejected < 0 ? draft.tokens.length : rejected;
}

/** Evaluates all of the prompt but its last token: the first decode step evaluates that one. */
async function prefill(
	cache: KvCache,
	prompt: readonly Token[],
	{ chunkTokens, checkpoints = [], speculation, signal }: GenerateOptions,
): Promise<void> {
	const lastIndex = prompt.length - 1;
	const borders = cache.canRollBack ? [] : checkpoints;
	while (cache.tokens.length < lastIndex && !signal.aborted) {
		const at = cache.tokens.length;
		const border = borders.find((it) => it > at) ?? lastIndex;
		const end = Math.min(at + chunkTokens, border, lastIndex);
		await cache.append(prompt.slice(at, end), 0);
		if (borders.includes(end)) await cache.checkpoint();
		await speculation?.read(prompt, end, signal);
	}
}

/**
 * While held-back text is missing, only tokens that match it are allowed. While an answer that must have text is blank, those that end it are
 * not.
 */
function limitsFor(
	heldBack: string,
	isBlank: boolean,
	start: AnswerStart | undefined,
): TokenLimits {
	if (!start) return {};
	const { vocabulary } = start;
	if (heldBack === "") return isBlank ? { banned: vocabulary.blankEnds } : {};
	return {
		allowed: isBlank
			? vocabulary.beginningText(heldBack)
			: vocabulary.beginning(heldBack),
	};
}

/** The first token, of the requested rank: evaluates again with each likelier token banned. */
async function firstToken(
	cache: KvCache,
	prompt: readonly Token[],
	limits: TokenLimits,
	options: GenerateOptions,
): Promise<readonly GeneratedToken[]> {
	let { banned = [] } = limits;
	for (let rank = 0; ; rank++) {
		const generated = await predict(
			cache,
			prompt.slice(-1),
			1,
			{ ...limits, banned },
			options,
		);
		const isLast = rank === (options.start?.rank ?? 0);
		if (isLast || options.signal.aborted) {
			options.speculation?.append(tokensOf(generated));
			return generated;
		}
		banned = [...banned, ...tokensOf(generated)];
		await cache.reusePrefix(prompt);
		await prefill(cache, prompt, options);
	}
}
