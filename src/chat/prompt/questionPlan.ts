/** Plans the prompt of a question: which earlier messages it includes, and which attachments the model has not seen yet. */

import type { Result } from "../../base/result.ts";
import type { Attachment } from "../../protocol/attachment.ts";
import type { ChatModel } from "../../protocol/chat.ts";
import type { Message, Question } from "../../protocol/conversation.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import type { OfferedAttachment } from "../chatPorts.ts";
import { type Fit, fitPrompt, type LeftOut } from "./fit.ts";
import {
	type Exchange,
	exchangesOf,
	newAttachments,
	systemPrompts,
	withoutTooLarge,
} from "./promptParts.ts";
import type { PromptSizes, TurnCounter } from "./turnCounter.ts";

export interface PromptPlan {
	readonly systemPrompt: string;
	/** All exchanges; the last one has the question to answer. */
	readonly exchanges: readonly Exchange[];
	readonly sizes: PromptSizes;
	/** Tokens available for the prompt: the context window less what is reserved for the answer. */
	readonly budgetTokens: number;
	readonly fit: Result<Fit, HeadroomError>;
}

export interface QuestionPlan extends PromptPlan {
	/** The offered attachments that the model has not seen in this conversation. */
	readonly attachments: readonly Attachment[];
}

/** While no model is loaded: the middle one of the context windows that the engine chooses from. */
const assumedWindowTokens = 8_192;
/** Some hundred lines of code; a quarter of a small context window. */
const maxAnswerTokens = 1_024;
/** Smaller models do not follow long instructions. */
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
		model && !model.error ? model.windowTokens : assumedWindowTokens;
	const answerTokens = Math.min(maxAnswerTokens, Math.floor(windowTokens / 4));
	return {
		systemPrompt,
		exchanges,
		sizes,
		budgetTokens: windowTokens - answerTokens,
		fit: fitPrompt({ ...sizes, windowTokens, answerTokens }),
	};
}

/** @param before the messages before the question. @param question without attachments. */
export async function planQuestion(
	before: readonly Message[],
	question: Question,
	offered: readonly OfferedAttachment[],
	model: ChatModel | undefined,
	counter: TurnCounter,
): Promise<QuestionPlan> {
	const path = withoutTooLarge(before);
	const all = offered.map(({ isSpare: _, ...attachment }) => attachment);
	const isSpare = new Set(all.filter((_, index) => offered[index]?.isSpare));
	let wanted = all;
	let attachments = newAttachments(path, wanted);
	for (;;) {
		const asked = { ...question, attachments };
		const plan = await planPrompt([...path, asked], model, counter);
		const { fit } = plan;
		if (!fit.ok) {
			const spare = attachments.filter((it) => isSpare.has(it));
			if (spare.length === 0) return { ...plan, attachments };
			const largest = spare.reduce((max, it) =>
				it.text.length > max.text.length ? it : max,
			);
			wanted = wanted.filter((it) => it !== largest);
			attachments = newAttachments(path, wanted);
			continue;
		}
		// Exchanges that are left out take their attachments with them. Those are attached again, which may leave out further exchanges.
		const included = includedMessages(path, plan.exchanges, fit.value);
		const missing = newAttachments(included, wanted);
		if (missing.length === attachments.length) return { ...plan, attachments };
		attachments = missing;
	}
}

/** The messages of the path that are in the prompt. */
export function includedMessages(
	path: readonly Message[],
	exchanges: readonly Exchange[],
	{ firstExchange }: Fit,
): readonly Message[] {
	const first = exchanges[firstExchange]?.questionId;
	const start = path.findIndex(({ id }) => id === first);
	return start < 0 ? [] : path.slice(start);
}

/** For the panel, which shows them before the question is sent. */
export interface PromptTotals {
	readonly promptTokens: number;
	readonly leftOut: readonly Pick<LeftOut, "label" | "tokens">[];
}

export function promptTotals({ fit, sizes }: PromptPlan): PromptTotals {
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
