/** Fits a conversation into the context window by leaving out whole exchanges; nothing is truncated. */

import { failure, type Result, success } from "../../base/result.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";

interface SizedPart {
	/** For the panel. */
	readonly label: string;
	readonly tokens: number;
}

/** The tokens of an `Exchange`, those of the chat template included. */
export interface SizedExchange {
	readonly label: string;
	/** Attachments included. */
	readonly questionTokens: number;
	/** 0 if there is no answer yet. */
	readonly answerTokens: number;
	readonly attachments: readonly SizedPart[];
}

export interface FitRequest {
	readonly systemTokens: number;
	/** Oldest first; the last one has the question to answer. */
	readonly exchanges: readonly SizedExchange[];
	/** The context window. */
	readonly windowTokens: number;
	/** Reserved for the answer. */
	readonly answerTokens: number;
}

export interface LeftOut extends SizedPart {
	/** Left out with the question that they were attached to. */
	readonly attachments: readonly SizedPart[];
}

export interface Fit {
	/** The index of the oldest exchange in the prompt. */
	readonly firstExchange: number;
	/** Of the prompt. */
	readonly usedTokens: number;
	/** Oldest first. */
	readonly leftOut: readonly LeftOut[];
}

/** When exchanges must be left out, the prompt shrinks to this share of the budget: its start moves rarely, and the prefix cache stays valid. */
const keptShare = 0.75;

/**
 * Leaves out the oldest exchanges. It replays the conversation question by question, and so finds the same start of the prompt for each
 * question until exchanges must be left out again.
 */
export function fitPrompt(request: FitRequest): Result<Fit, HeadroomError> {
	const { systemTokens, exchanges, windowTokens, answerTokens } = request;
	const budgetTokens = windowTokens - answerTokens - systemTokens;
	const newest = exchanges.at(-1);
	if (newest && newest.questionTokens > budgetTokens)
		return failure(tooLarge(newest, budgetTokens));

	let firstExchange = 0;
	/** Of the exchanges from `firstExchange` on. */
	let keptTokens = 0;
	for (const [index, exchange] of exchanges.entries()) {
		keptTokens += exchange.questionTokens;
		if (keptTokens > budgetTokens)
			while (firstExchange < index && keptTokens > budgetTokens * keptShare) {
				keptTokens -= tokensOf(exchanges[firstExchange]);
				firstExchange++;
			}
		if (index < exchanges.length - 1) keptTokens += exchange.answerTokens;
	}
	return success({
		firstExchange,
		usedTokens: systemTokens + keptTokens,
		leftOut: exchanges.slice(0, firstExchange).map((it) => ({
			label: it.label,
			tokens: tokensOf(it),
			attachments: it.attachments,
		})),
	});
}

function tokensOf(exchange: SizedExchange | undefined): number {
	return exchange ? exchange.questionTokens + exchange.answerTokens : 0;
}

/** Names the largest attachment: removing it helps most. */
function tooLarge(
	{ questionTokens, attachments }: SizedExchange,
	budgetTokens: number,
): HeadroomError {
	const largest = attachments.reduce<SizedPart | undefined>(
		(max, it) => (max && max.tokens >= it.tokens ? max : it),
		undefined,
	);
	const room = String(Math.max(0, budgetTokens));
	return largest
		? createError("attachmentTooLarge", {
				label: largest.label,
				tokens: String(largest.tokens),
				room,
			})
		: createError("questionTooLarge", {
				tokens: String(questionTokens),
				room,
			});
}
