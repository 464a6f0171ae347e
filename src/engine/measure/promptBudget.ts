/** How many tokens a prompt may have on this machine, from what it was measured to do and how long the user wants to wait. */

import type { PromptBudget } from "../../protocol/engineStatus.ts";

export interface EngineSpeed {
	readonly prefillTokensPerSecond: number;
	readonly decodeTokensPerSecond: number;
}

/**
 * Room for the answer. The same for every request, so that the budget of the prompt, and with it what of the text stands in
 * it, does not change with the length that is asked for.
 */
const answerTokens = 128;

/** With less text the model knows too little to be worth asking, however slow the machine. */
const minLocalTokens = 256;
/** With more text completions hardly become better, and each token's attention costs more. */
const maxLocalTokens = 1024;
/** Tokens of a typical line. */
const lineTokens = 12;
/** The line leaves at least this share of the target to the prompt. */
const minPrefillShare = 0.5;
/** Context may take this many times as long to evaluate as the user would wait: pauses are longer than answers. */
const contextPerLocal = 2;
/** Less room than this for other files holds no useful snippet. */
const minContextTokens = 256;
/** Budgets are multiples of this, so that two measurements of one machine mostly give the same. */
const stepTokens = 64;

/** The parts of the prompt at the most, for a model whose context window has room for any. */
export function promptBudget(
	{ prefillTokensPerSecond, decodeTokensPerSecond }: EngineSpeed,
	latencyTargetMs: number,
): PromptBudget {
	const lineMs = (lineTokens / decodeTokensPerSecond) * 1000;
	const prefillMs = Math.max(
		latencyTargetMs - lineMs,
		latencyTargetMs * minPrefillShare,
	);
	const affordable = (prefillMs / 1000) * prefillTokensPerSecond;
	const localTokens = steps(
		Math.min(Math.max(affordable, minLocalTokens), maxLocalTokens),
	);
	return { localTokens, contextTokens: localTokens * contextPerLocal };
}

/** The same within a context window. The file itself comes first; other files get what is left, if that is enough to say anything. */
export function fitBudget(
	budget: PromptBudget,
	contextWindow: number,
): PromptBudget {
	const room = Math.max(0, contextWindow - answerTokens);
	const localTokens = Math.min(budget.localTokens, room);
	const left = Math.min(budget.contextTokens, room - localTokens);
	return { localTokens, contextTokens: left < minContextTokens ? 0 : left };
}

/** What is left to go on with where neither time nor memory allows more. */
export const minBudget: PromptBudget = {
	localTokens: minLocalTokens,
	contextTokens: 0,
};

/**
 * The largest budget up to this one whose context window fits into memory. Tokens of other files are given up first, then those of the file
 * itself; the least budget is returned whether it fits or not.
 */
export function shrinkBudget(
	budget: PromptBudget,
	fits: (contextWindow: number) => boolean,
): PromptBudget {
	let current = budget;
	while (!fits(windowFor(current))) {
		const smaller = nextSmaller(current);
		if (!smaller) break;
		current = smaller;
	}
	return current;
}

function nextSmaller({
	localTokens,
	contextTokens,
}: PromptBudget): PromptBudget | undefined {
	const left = contextTokens - stepTokens;
	if (contextTokens > 0)
		return { localTokens, contextTokens: left < minContextTokens ? 0 : left };
	if (localTokens <= minLocalTokens) return undefined;
	return {
		localTokens: Math.max(minLocalTokens, localTokens - stepTokens),
		contextTokens,
	};
}

/** The context window that holds a prompt of this budget and its answer. */
export function windowFor({
	localTokens,
	contextTokens,
}: PromptBudget): number {
	return localTokens + contextTokens + answerTokens;
}

function steps(tokens: number): number {
	return Math.floor(tokens / stepTokens) * stepTokens;
}
