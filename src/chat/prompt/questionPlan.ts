/** What goes to the model with a question: which of the conversation before it, and what of the attached it does not know yet. */

import type { Result } from "../../base/result.ts";
import type {
	Attachment,
	Message,
	Question,
} from "../../protocol/conversation.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import type { ChatModel } from "../chatPorts.ts";
import { type Fit, fitPrompt, type LeftOut } from "./fit.ts";
import {
	type Exchange,
	exchangesOf,
	notYetAttached,
	systemPrompts,
	withoutTooLarge,
} from "./promptParts.ts";
import type { PromptSizes, TurnCounter } from "./turnCounter.ts";

export interface PromptPlan {
	readonly systemPrompt: string;
	/** All of them, the question that is to be answered as the last. */
	readonly exchanges: readonly Exchange[];
	readonly sizes: PromptSizes;
	/** Tokens there is room for, the answer's share taken off. */
	readonly room: number;
	readonly fit: Result<Fit, HeadroomError>;
}

export interface QuestionPlan extends PromptPlan {
	/** Of what was offered, what the model is to be shown. */
	readonly attachments: readonly Attachment[];
}

/** Of the windows that the engine makes, the one in the middle: while no model is loaded. */
const guessedWindowTokens = 8_192;
/** Some hundred lines of code; of a small window, a quarter. */
const maxAnswerTokens = 1_024;
/** Smaller models lose themselves in long instructions. */
const minParametersForFull = 2e9;

/** @param path ends with the question. */
export async function planPrompt(
	path: readonly Message[],
	model: ChatModel | undefined,
	counter: TurnCounter,
): Promise<PromptPlan> {
	const isSmall = model && model.parameterCount < minParametersForFull;
	const systemPrompt = systemPrompts[isSmall ? "small" : "full"];
	const exchanges = exchangesOf(withoutTooLarge(path));
	const sizes = await counter.sizesOf(systemPrompt, exchanges);
	const windowTokens =
		model && !model.error ? model.windowTokens : guessedWindowTokens;
	const answerTokens = Math.min(maxAnswerTokens, Math.floor(windowTokens / 4));
	return {
		systemPrompt,
		exchanges,
		sizes,
		room: windowTokens - answerTokens,
		fit: fitPrompt({ ...sizes, windowTokens, answerTokens }),
	};
}

/** @param before what comes before the question; `question` without what is attached. */
export async function planQuestion(
	before: readonly Message[],
	question: Question,
	offered: readonly Attachment[],
	model: ChatModel | undefined,
	counter: TurnCounter,
): Promise<QuestionPlan> {
	const path = withoutTooLarge(before);
	let attachments = notYetAttached(path, offered);
	for (;;) {
		const asked = { ...question, attachments };
		const plan = await planPrompt([...path, asked], model, counter);
		const { fit } = plan;
		if (!fit.ok) return { ...plan, attachments };
		// What has to leave takes with it what was attached to it: then that goes along once more, and takes room in its turn.
		const kept = keptOf(path, plan.exchanges, fit.value);
		const missing = notYetAttached(kept, offered);
		if (missing.length === attachments.length) return { ...plan, attachments };
		attachments = missing;
	}
}

/** Of the path, what goes into the prompt. */
export function keptOf(
	path: readonly Message[],
	exchanges: readonly Exchange[],
	{ firstExchange }: Fit,
): readonly Message[] {
	const first = exchanges[firstExchange]?.questionId;
	const start = path.findIndex(({ id }) => id === first);
	return start < 0 ? [] : path.slice(start);
}

/** For the panel, which says it before anything is sent. */
export interface PromptTotals {
	readonly promptTokens: number;
	readonly leftOut: readonly Pick<LeftOut, "label" | "tokens">[];
}

export function totalsOf({ fit, sizes }: PromptPlan): PromptTotals {
	if (fit.ok) {
		const { usedTokens, leftOut } = fit.value;
		return {
			promptTokens: Math.max(0, usedTokens),
			leftOut: leftOut.map(({ label, tokens }) => ({ label, tokens })),
		};
	}
	const newest = sizes.exchanges.at(-1)?.questionTokens ?? 0;
	return {
		promptTokens: Math.max(0, sizes.systemTokens + newest),
		leftOut: [],
	};
}
