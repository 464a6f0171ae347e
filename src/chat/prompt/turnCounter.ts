/** Counts the tokens of a prompt's parts: with the engine's tokenizer, each turn once, or estimated by length while no model is loaded. */

import type { ChatModel, ChatTurn } from "../../protocol/chat.ts";
import type { ChatEngine, ChatModelSource } from "../chatPorts.ts";
import type { SizedExchange } from "./fit.ts";
import { type Exchange, turnsOf } from "./promptParts.ts";

export interface PromptSizes {
	readonly systemTokens: number;
	readonly exchanges: readonly SizedExchange[];
	/** False for an estimate. */
	readonly isExact: boolean;
}

/** Code has 3 to 4 characters per token with the usual vocabularies. */
const estimatedCharsPerToken = 3.5;
/** Role names and delimiters of the chat template. */
const estimatedExchangeTokens = 10;
/** Counting blocks the engine: a completion waits for at most this many exchanges. */
const exchangesAtOnce = 32;

/** Tokens of the chat template. */
interface TemplateTokens {
	readonly aroundAll: number;
	readonly perExchange: number;
}

interface Counted {
	readonly template: TemplateTokens;
	/** Keyed by the text of a turn. */
	readonly tokens: ReadonlyMap<string, number>;
}

const estimatedTemplate: TemplateTokens = {
	aroundAll: 0,
	perExchange: estimatedExchangeTokens,
};

export class TurnCounter {
	readonly #source: Pick<ChatModelSource, "current">;
	readonly #engine: Pick<ChatEngine, "count">;
	/** The model that the counts are of. */
	#model: ChatModel | undefined;
	#template: TemplateTokens | undefined;
	/** Keyed by the text of a turn. Only the last prompt is kept: with every key, the question is another text. */
	#counted: ReadonlyMap<string, number> = new Map();

	constructor(
		source: Pick<ChatModelSource, "current">,
		engine: Pick<ChatEngine, "count">,
	) {
		this.#source = source;
		this.#engine = engine;
	}

	/** Drops the counts of the conversation that was left. */
	forget(): void {
		this.#counted = new Map();
	}

	/** @param exchanges the last one has the question to answer. */
	async sizesOf(
		systemPrompt: string,
		exchanges: readonly Exchange[],
	): Promise<PromptSizes> {
		const counted = await this.#count(systemPrompt, exchanges);
		const { aroundAll, perExchange } = counted?.template ?? estimatedTemplate;
		const tokensOf = ({ text }: ChatTurn): number =>
			counted?.tokens.get(text) ?? estimateTokens(text);
		return {
			systemTokens:
				aroundAll + tokensOf({ role: "system", text: systemPrompt }),
			exchanges: exchanges.map((it) => sized(it, perExchange, tokensOf)),
			isExact: counted !== undefined,
		};
	}

	/** Undefined unless the engine counts all of them. */
	async #count(
		systemPrompt: string,
		exchanges: readonly Exchange[],
	): Promise<Counted | undefined> {
		const model = this.#source.current;
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

	/** Derived from two small conversations that differ by one exchange. */
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

function estimateTokens(text: string): number {
	return Math.ceil(text.length / estimatedCharsPerToken);
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
