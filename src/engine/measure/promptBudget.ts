/** The prompt budget in tokens, from the measured speed of the machine and the latency target. */

import type { PromptBudget } from "../../protocol/engineStatus.ts";

export interface EngineSpeed {
	readonly prefillTokensPerSecond: number;
	readonly decodeTokensPerSecond: number;
}

/**
 * Room for the answer. The same for all requests, so that the content of the prompt does not depend on the requested length of the
 * answer.
 */
const answerTokens = 128;

/**
 * Room for what is typed behind a frozen prefix and suffix: some 20 lines. It is not part of the latency target, because it is evaluated while
 * it is typed.
 */
const maxTypedTokens = 256;
/** Its share of a small window. */
const typedShare = 0.25;

/** With less text completions are useless, however slow the machine. */
const minLocalTokens = 256;
/** With more text completions hardly improve, and attention costs more per token. */
const maxLocalTokens = 1024;
/** Tokens of a typical line. */
const lineTokens = 12;
/** Prefill gets at least this share of the latency target. */
const minPrefillShare = 0.5;
/** Other files get this multiple of the file's own budget: they are evaluated in pauses, which are longer than the latency target. */
const contextPerLocal = 2;
/** Too little room for a useful snippet. */
const minContextTokens = 256;
/** Budgets are multiples of this, so that two measurements of a machine usually give the same budget. */
const stepTokens = 64;

/** The largest budget for the latency target, not limited by the context window. */
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
	return {
		localTokens,
		contextTokens: localTokens * contextPerLocal,
		typedTokens: maxTypedTokens,
	};
}

/**
 * Two measurements of a machine differ by less than this. Then the earlier budget stays: another one would cut the same file into another
 * prompt, of which the KV snapshots on disk hold little.
 */
const maxNoise = 1.34;

/** @param earlier of the same model, latency target and machine. */
export function steadyBudget(
	measured: PromptBudget,
	earlier: PromptBudget | undefined,
): PromptBudget {
	const localTokens = earlier?.localTokens ?? 0;
	const ratio = localTokens / measured.localTokens;
	return ratio > 1 / maxNoise && ratio < maxNoise
		? {
				...measured,
				localTokens,
				contextTokens: localTokens * contextPerLocal,
			}
		: measured;
}

/** Limits a budget to a context window. The file itself comes first; other files get the rest if it is large enough to be useful. */
export function fitBudget(
	budget: PromptBudget,
	contextWindow: number,
): PromptBudget {
	const room = Math.max(0, contextWindow - answerTokens);
	const typedTokens = Math.min(
		budget.typedTokens,
		Math.floor(room * typedShare),
	);
	const localTokens = Math.min(budget.localTokens, room - typedTokens);
	const left = Math.min(budget.contextTokens, room - typedTokens - localTokens);
	return {
		localTokens,
		contextTokens: left < minContextTokens ? 0 : left,
		typedTokens,
	};
}

/** The smallest useful budget. */
export const minBudget: PromptBudget = {
	localTokens: minLocalTokens,
	contextTokens: 0,
	typedTokens: maxTypedTokens,
};

/**
 * The largest budget up to this one whose context window fits in memory. Gives up tokens of other files first, then those of the file
 * itself. Returns the smallest budget even if it does not fit.
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

function nextSmaller(budget: PromptBudget): PromptBudget | undefined {
	const { localTokens, contextTokens } = budget;
	const left = contextTokens - stepTokens;
	if (contextTokens > 0)
		return { ...budget, contextTokens: left < minContextTokens ? 0 : left };
	if (localTokens <= minLocalTokens) return undefined;
	return {
		...budget,
		localTokens: Math.max(minLocalTokens, localTokens - stepTokens),
	};
}

/** The context window for a prompt of this budget and its answer, in tokens. */
export function windowFor({
	localTokens,
	contextTokens,
	typedTokens,
}: PromptBudget): number {
	return localTokens + contextTokens + typedTokens + answerTokens;
}

function steps(tokens: number): number {
	return Math.floor(tokens / stepTokens) * stepTokens;
}
