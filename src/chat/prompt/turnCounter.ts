/** How many tokens the parts of a prompt take: counted by the engine where it runs, each turn once, and guessed by length where it does not. */

import type { ChatTurn } from "../../protocol/chat.ts";
import type { ChatEngine, ChatModel } from "../chatPorts.ts";
import type { SizedExchange } from "./fit.ts";
import { type Exchange, turnsOf } from "./promptParts.ts";

export interface PromptSizes {
	readonly systemTokens: number;
	readonly exchanges: readonly SizedExchange[];
	/** False where they are guessed. */
	readonly isExact: boolean;
}

/** Code has 3 to 4 characters per token with the vocabularies in use. */
const guessedCharactersPerToken = 3.5;
/** The names of the sides, and what begins and ends a turn. */
const guessedExchangeTokens = 10;
/** A completion waits for at most so many turns to be counted. */
const exchangesAtOnce = 32;

/** What the template takes. */
interface TemplateTokens {
	readonly aroundAll: number;
	readonly perExchange: number;
}

interface Counted {
	readonly template: TemplateTokens;
	/** By the text of a turn. */
	readonly tokens: ReadonlyMap<string, number>;
}

const guessedTemplate: TemplateTokens = {
	aroundAll: 0,
	perExchange: guessedExchangeTokens,
};

export class TurnCounter {
	readonly #engine: Pick<ChatEngine, "model" | "count">;
	#model: ChatModel | undefined;
	#template: TemplateTokens | undefined;
	/** By the text of a turn: of what was asked for last, because a question that is being written is another text with every key. */
	#counted: ReadonlyMap<string, number> = new Map();

	constructor(engine: Pick<ChatEngine, "model" | "count">) {
		this.#engine = engine;
	}

	/** Forgets the texts of a conversation that is left. */
	forget(): void {
		this.#counted = new Map();
	}

	/** @param exchanges with the question that is to be answered as the last. */
	async sizesOf(
		systemPrompt: string,
		exchanges: readonly Exchange[],
	): Promise<PromptSizes> {
		const counted = await this.#count(systemPrompt, exchanges);
		const { aroundAll, perExchange } = counted?.template ?? guessedTemplate;
		const tokensOf = ({ text }: ChatTurn): number =>
			counted?.tokens.get(text) ?? guessTokens(text);
		return {
			systemTokens:
				aroundAll + tokensOf({ role: "system", text: systemPrompt }),
			exchanges: exchanges.map((it) => sized(it, perExchange, tokensOf)),
			isExact: counted !== undefined,
		};
	}

	/** Undefined where the engine does not tell of all. */
	async #count(
		systemPrompt: string,
		exchanges: readonly Exchange[],
	): Promise<Counted | undefined> {
		const { model } = this.#engine;
		if (!model || model.error) return undefined;
		if (model !== this.#model) {
			this.forget();
			this.#template = undefined;
			this.#model = model;
		}
		this.#template ??= await this.#countTemplate();
		const template = this.#template;
		if (!template) return undefined;
		const tokens = new Map<string, number>();
		for (const { text } of turnsOf(systemPrompt, exchanges)) {
			const known = this.#counted.get(text);
			if (known !== undefined) tokens.set(text, known);
		}
		const uncounted = exchanges.filter(
			({ user, assistant }) =>
				!tokens.has(user.text) || (assistant && !tokens.has(assistant.text)),
		);
		const isSystemCounted = tokens.has(systemPrompt);
		for (
			let start = 0;
			start < uncounted.length || (start === 0 && !isSystemCounted);
			start += exchangesAtOnce
		) {
			const turns = turnsOf(
				systemPrompt,
				uncounted.slice(start, start + exchangesAtOnce),
			);
			const counts = await this.#turnTokens(turns);
			if (!counts || this.#model !== model) return undefined;
			for (const [index, { text }] of turns.entries())
				tokens.set(text, counts[index] ?? 0);
		}
		this.#counted = tokens;
		return { template, tokens };
	}

	async #turnTokens(
		turns: readonly ChatTurn[],
	): Promise<readonly number[] | undefined> {
		const counted = await this.#engine.count(turns);
		return counted?.ok ? counted.value.turnTokens : undefined;
	}

	/** From two small conversations, of which one has an exchange more. */
	async #countTemplate(): Promise<TemplateTokens | undefined> {
		const question: ChatTurn = { role: "user", text: "q" };
		const answer: ChatTurn = { role: "assistant", text: "a" };
		const system: ChatTurn = { role: "system", text: "s" };
		const [short, long] = await Promise.all([
			this.#engine.count([system, question]),
			this.#engine.count([system, question, answer, question]),
		]);
		if (!short?.ok || !long?.ok) return undefined;
		const perExchange = long.value.fixedTokens - short.value.fixedTokens;
		return { perExchange, aroundAll: short.value.fixedTokens - perExchange };
	}
}

function guessTokens(text: string): number {
	return Math.ceil(text.length / guessedCharactersPerToken);
}

function sized(
	{ label, user, assistant, attachments }: Exchange,
	perExchange: number,
	tokensOf: (turn: ChatTurn) => number,
): SizedExchange {
	const userTokens = tokensOf(user);
	const share = userTokens / Math.max(1, user.text.length);
	return {
		label,
		questionTokens: userTokens + perExchange,
		answerTokens: assistant ? tokensOf(assistant) : 0,
		attachments: attachments.map(({ label, text }) => ({
			label,
			tokens: Math.round(text.length * share),
		})),
	};
}
