/** The tags that models put around their reasoning and around their answers, in one table for all models. */

import type { LoadedModel, Token } from "../runtime/runtime.ts";

export type TagPair = readonly [opening: string, closing: string];

/** Reasoning comes first: in the middle of an answer the same tags are plain text. */
export const reasoningPairs: readonly TagPair[] = [
	["<think>", "</think>"],
	["<thinking>", "</thinking>"],
	["<thought>", "</thought>"],
	["<reasoning>", "</reasoning>"],
	// Seed-OSS.
	["<seed:think>", "</seed:think>"],
	// MiniMax M3.
	["<mm:think>", "</mm:think>"],
	// Hunyuan 3.
	["<think:opensource>", "</think:opensource>"],
	// Magistral and Ministral.
	["[THINK]", "[/THINK]"],
	// Command A.
	["<|START_THINKING|>", "<|END_THINKING|>"],
	// Gemma 4.
	["<|channel>thought", "<channel|>"],
	// MedGemma.
	["<unused94>thought", "<unused95>"],
	// Kimi-VL.
	["◁think▷", "◁/think▷"],
	// OpenThinker and Sky-T1.
	["<|begin_of_thought|>", "<|end_of_thought|>"],
];

/** Begun by words that are common in answers: they count in the prompt only. In Apriel the answer's own tag ends the reasoning. */
export const promptedPairs: readonly TagPair[] = [
	["Here are my reasoning steps:", "[BEGIN FINAL RESPONSE]"],
];

/** Around the whole answer. */
export const answerPairs: readonly TagPair[] = [
	["<response>", "</response>"],
	["<answer>", "</answer>"],
	["<|START_RESPONSE|>", "<|END_RESPONSE|>"],
	["<|begin_of_solution|>", "<|end_of_solution|>"],
	["[BEGIN FINAL RESPONSE]", "[END FINAL RESPONSE]"],
];

/** In OpenAI's Harmony format an answer is a sequence of messages to channels; text outside of messages is not shown. */
export const harmony = {
	start: "<|start|>",
	channel: "<|channel|>",
	message: "<|message|>",
	end: "<|end|>",
} as const;

type Vocabulary = Pick<LoadedModel, "tokenizeTemplate" | "isSpecial">;

/** The special token with this text; undefined if there is none. */
export function specialToken(
	vocabulary: Vocabulary,
	text: string,
): Token | undefined {
	const [token, ...rest] = vocabulary.tokenizeTemplate(text);
	return token !== undefined && rest.length === 0 && vocabulary.isSpecial(token)
		? token
		: undefined;
}

/** Some tags are a special token and a word after it. */
const wordAfter = /(?<=^<[^<>]+>)\w+$/;

/**
 * The tags that are special tokens of a model, with their texts: they detokenize to nothing, and an answer continues after them. Tokens that end an
 * answer are not included: `<|end|>` ends one unless the model has channels.
 */
export function tagTokens(vocabulary: Vocabulary): ReadonlyMap<Token, string> {
	const knowsChannels = [harmony.channel, harmony.message].every(
		(tag) => specialToken(vocabulary, tag) !== undefined,
	);
	const found = new Map<Token, string>();
	for (const tag of [
		...reasoningPairs.flat().map((it) => it.replace(wordAfter, "")),
		...answerPairs.flat(),
		...(knowsChannels ? Object.values(harmony) : []),
	]) {
		const token = specialToken(vocabulary, tag);
		if (token !== undefined) found.set(token, tag);
	}
	return found;
}
