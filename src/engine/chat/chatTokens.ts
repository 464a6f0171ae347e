/**
 * From the parts of a prompt to its tokens, and to what each part takes.
 *
 * Invariant: special tokens are looked for in the words of the template alone.
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
	/** What was said in the turn with this index. */
	tokenize(text: string, turn: number): readonly Token[];
}

export function chatTokens(
	parts: readonly ChatPart[],
	vocabulary: ChatVocabulary,
): readonly Token[] {
	const { beginningOfText } = vocabulary;
	const tokens = parts.flatMap((part) => tokensOf(part, vocabulary));
	// Most templates name it themselves.
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
	/** Of the template. */
	readonly fixedTokens: number;
	/** Of each turn. */
	readonly turnTokens: readonly number[];
}

/** What each part of a conversation takes of the context window: together, all tokens of its prompt. Evaluates nothing. */
export function countTurns(
	template: ChatTemplate,
	turns: readonly ChatTurn[],
	vocabulary: ChatVocabulary,
): Result<TurnTokens, HeadroomError> {
	const parts = renderChat(template, turns);
	if (!parts.ok) return parts;
	const turnTokens = turns.map(() => 0);
	for (const part of parts.value)
		if (!part.isTemplate)
			turnTokens[part.turn] = tokensOf(part, vocabulary).length;
	const promptTokens = chatTokens(parts.value, vocabulary).length;
	const fixedTokens = turnTokens.reduce((left, it) => left - it, promptTokens);
	return success({ fixedTokens, turnTokens });
}

/** More than any conversation that fits into a context window. */
const maxAnswers = 1000;

/** Answers in the tokens that the model chose for them: those are in the KV cache, and its tokenizer may cut the same text otherwise. */
export class AnswerTokens {
	readonly #tokens = new LruCache<string, readonly Token[]>(maxAnswers);

	/** @param text of exactly these tokens. */
	remember(text: string, tokens: readonly Token[]): void {
		this.#tokens.set(text, [...tokens]);
	}

	/** Those with one of these texts. */
	among(
		texts: ReadonlySet<string>,
	): readonly (readonly [text: string, tokens: readonly Token[]])[] {
		return [...this.#tokens.newestFirst()]
			.filter(([text]) => texts.has(text))
			.reverse();
	}

	/** The vocabulary, with the answers of these turns as they came: there may be special tokens in them, which nobody else can say. */
	within(
		vocabulary: ChatVocabulary,
		turns: readonly Pick<ChatTurn, "role">[],
	): ChatVocabulary {
		return {
			beginningOfText: vocabulary.beginningOfText,
			tokenizeTemplate: (text) => vocabulary.tokenizeTemplate(text),
			tokenize: (text, turn) =>
				(turns[turn]?.role === "assistant"
					? this.#tokens.get(text)
					: undefined) ?? vocabulary.tokenize(text, turn),
		};
	}
}
