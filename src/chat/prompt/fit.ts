/** What of a conversation goes into the window of the model, and what is left out. Nothing is cut. */

import { failure, type Result, success } from "../../base/result.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";

interface SizedPart {
	/** What the panel calls it. */
	readonly label: string;
	readonly tokens: number;
}

/** An `Exchange` as the engine counts it, its template included. */
export interface SizedExchange {
	readonly label: string;
	/** What is attached included. */
	readonly questionTokens: number;
	/** 0 where there is none yet. */
	readonly answerTokens: number;
	readonly attachments: readonly SizedPart[];
}

export interface FitRequest {
	readonly systemTokens: number;
	/** The oldest one first; the last one is to be answered. */
	readonly exchanges: readonly SizedExchange[];
	/** What the context of the model holds. */
	readonly windowTokens: number;
	/** How much of that is kept free for the answer. */
	readonly answerTokens: number;
}

export interface LeftOut extends SizedPart {
	/** What was attached to it, and is left out with it. */
	readonly attachments: readonly SizedPart[];
}

export interface Fit {
	/** The index of the oldest exchange that goes in. */
	readonly firstExchange: number;
	/** The tokens of the prompt. */
	readonly usedTokens: number;
	/** The oldest one first. */
	readonly leftOut: readonly LeftOut[];
}

/** Where something must leave, this share of the room is kept: so that the start of the prompt moves rarely. */
const keptShare = 0.75;

/**
 * Leaves out the oldest exchanges, whole. Depends on nothing but its arguments: it goes through the questions as they were asked, and therefore
 * comes to the same start of the prompt for each until something must leave again.
 */
export function fitPrompt(request: FitRequest): Result<Fit, HeadroomError> {
	const { systemTokens, exchanges, windowTokens, answerTokens } = request;
	const room = windowTokens - answerTokens - systemTokens;
	const newest = exchanges.at(-1);
	if (newest && newest.questionTokens > room)
		return failure(tooLarge(newest, room));

	let firstExchange = 0;
	/** Of the exchanges from the first one that is kept. */
	let keptTokens = 0;
	for (const [index, exchange] of exchanges.entries()) {
		keptTokens += exchange.questionTokens;
		if (keptTokens > room)
			while (firstExchange < index && keptTokens > room * keptShare) {
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

/** Names what is best left out: the largest of what is attached. */
function tooLarge(
	{ questionTokens, attachments }: SizedExchange,
	room: number,
): HeadroomError {
	const largest = attachments.reduce<SizedPart | undefined>(
		(most, it) => (most && most.tokens >= it.tokens ? most : it),
		undefined,
	);
	const inRoom = String(Math.max(0, room));
	return largest
		? createError("attachmentTooLarge", {
				label: largest.label,
				tokens: String(largest.tokens),
				room: inRoom,
			})
		: createError("questionTooLarge", {
				tokens: String(questionTokens),
				room: inRoom,
			});
}
