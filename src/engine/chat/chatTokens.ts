/**
 * Tokenizes a chat prompt, and counts the tokens of its parts.
 *
 * Invariant: special tokens are parsed in template text only.
 */

import { LruCache } from "../../base/lruCache.ts";
import { type Result, success } from "../../base/result.ts";
import type { ChatTurn } from "../../protocol/chat.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import type { LoadedModel, Token } from "../runtime/runtime.ts";
import {
	type ChatPart,
	type ChatTemplate,
	renderChat,
} from "./chatTemplate.ts";

export interface ChatVocabulary
	extends Pick<LoadedModel, "beginningOfText" | "tokenizeTemplate"> {
	/** Tokenizes the text of the turn with this index. */
	tokenize(text: string, turn: number): readonly Token[];
}

export function chatTokens(
	parts: readonly ChatPart[],
	vocabulary: ChatVocabulary,
): readonly Token[] {
	const { beginningOfText } = vocabulary;
	const tokens = parts.flatMap((part) => tokensOf(part, vocabulary));
	// Most templates contain it.
	return beginningOfText === null || tokens[0] === beginningOfText
		? tokens
		: [beginningOfText, ...tokens];
}

function tokensOf(
	part: ChatPart,
	vocabulary: ChatVocabulary,
): readonly Token[] {
	return part.isTemplate
		? vocabulary.tokenizeTemplate(part.text)
		: vocabulary.tokenize(part.text, part.turn);
}

export interface TurnTokens {
	/** Tokens of the template. */
	readonly fixedTokens: number;
	/** Tokens of each turn. */
	readonly turnTokens: readonly number[];
}

/** Counts the tokens of each part of a conversation; they add up to its prompt. Evaluates nothing. */
export function countTurns(
	template: ChatTemplate,
	turns: readonly ChatTurn[],
	vocabulary: ChatVocabulary,
): Result<TurnTokens, HeadroomError> {
	const parts = renderChat(template, turns);
	return parts.ok ? success(countParts(parts.value, turns, vocabulary)) : parts;
}

export function countParts(
	parts: readonly ChatPart[],
	turns: readonly ChatTurn[],
	vocabulary: ChatVocabulary,
): TurnTokens {
	const turnTokens = turns.map(() => 0);
	for (const part of parts)
		if (!part.isTemplate)
			turnTokens[part.turn] = tokensOf(part, vocabulary).length;
	const promptTokens = chatTokens(parts, vocabulary).length;
	const fixedTokens = turnTokens.reduce((left, it) => left - it, promptTokens);
	return { fixedTokens, turnTokens };
}

/** More than fit into any context window. */
const maxAnswers = 1000;

/** Answers as the tokens that the model generated: those are in the KV cache, and the tokenizer may split the same text differently. */
export class AnswerTokens {
	readonly #tokens = new LruCache<string, readonly Token[]>(maxAnswers);

	/** @param text the text of exactly these tokens. */
	remember(text: string, tokens: readonly Token[]): void {
		this.#tokens.set(text, [...tokens]);
	}

	/** The answers with one of these texts, oldest first. */
	withTexts(
		texts: ReadonlySet<string>,
	): readonly (readonly [text: string, tokens: readonly Token[]])[] {
		return [...this.#tokens.newestFirst()]
			.filter(([text]) => texts.has(text))
			.reverse();
	}

	/** A vocabulary that tokenizes the assistant's turns as generated. They may contain special tokens, which no other text can. */
	within(
		vocabulary: Pick<
			LoadedModel,
			"beginningOfText" | "tokenize" | "tokenizeTemplate"
		>,
		turns: readonly Pick<ChatTurn, "role">[],
	): ChatVocabulary {
		return {
			beginningOfText: vocabulary.beginningOfText,
			tokenizeTemplate: (text) => vocabulary.tokenizeTemplate(text),
			tokenize: (text, turn) =>
				(turns[turn]?.role === "assistant"
					? this.#tokens.get(text)
					: undefined) ?? vocabulary.tokenize(text),
		};
	}
}
