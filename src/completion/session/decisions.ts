/** The outcomes of the latest completion requests, for "Why No Suggestion?". */

import { inEnglish, type Sentence, sentence } from "../../base/sentence.ts";
import { formatMs, formatPercent } from "../../base/units.ts";
import type { GenerationStats } from "../../protocol/generation.ts";
import { reasonSentence } from "../reasons/reasonSentences.ts";
import type { NoSuggestionReason } from "../reasons/reasons.ts";
import type { CompletionWork } from "../request/getCompletion.ts";

type DecisionOutcome =
	| {
			readonly kind: "suggested";
			readonly characters: number;
			readonly source: "engine" | "cache";
	  }
	| { readonly kind: "none"; readonly reason: NoSuggestionReason };

/** Contains no text of the user's. */
export interface CompletionDecision {
	/** Of the request, in milliseconds since 1970. */
	readonly atMs: number;
	/** Relative to the workspace. */
	readonly path: string;
	readonly languageId: string;
	/** 1-based, like `column`. */
	readonly line: number;
	readonly column: number;
	/** Requested manually. */
	readonly isExplicit: boolean;
	readonly outcome: DecisionOutcome;
	/** Undefined for a cache hit, and where the request was not sent or not waited for. */
	readonly work: CompletionWork | undefined;
	/** From the request to the answer, as the editor sees it. */
	readonly totalMs: number;
}

/** The latest of a run of equivalent decisions, and the length of that run. */
export interface CountedDecision extends CompletionDecision {
	readonly count: number;
}

/**
 * The latest decisions. Consecutive equivalent decisions without an answer are merged into one: typing cancels a request with every key,
 * and an engine that has failed keeps failing, and neither may push the rest out of the history.
 */
export class DecisionHistory {
	readonly #capacity: number;
	#newestFirst: readonly CountedDecision[] = [];

	constructor(capacity = 50) {
		this.#capacity = capacity;
	}

	add(decision: CompletionDecision): void {
		const [last, ...earlier] = this.#newestFirst;
		this.#newestFirst =
			last && isEquivalent(last, decision)
				? [{ ...decision, count: last.count + 1 }, ...earlier]
				: [{ ...decision, count: 1 }, ...this.#newestFirst].slice(
						0,
						this.#capacity,
					);
	}

	newestFirst(): readonly CountedDecision[] {
		return this.#newestFirst;
	}
}

function isEquivalent(a: CompletionDecision, b: CompletionDecision): boolean {
	const kind = noAnswerReason(a);
	return (
		kind !== undefined &&
		kind === noAnswerReason(b) &&
		a.path === b.path &&
		a.isExplicit === b.isExplicit
	);
}

/** Undefined where the model answered, whether or not that was shown. */
function noAnswerReason({ outcome }: CompletionDecision): string | undefined {
	if (outcome.kind === "suggested") return undefined;
	const { reason } = outcome;
	switch (reason.kind) {
		case "empty":
		case "filtered":
		case "rejected":
		case "restoresDeleted":
		case "tooShort":
		case "unresolvedName":
			return undefined;
		case "failed":
			return reason.error.code;
		default:
			return reason.kind;
	}
}

export const decisionSentences = {
	suggested: "Suggested {characters} characters.",
	suggestedOne: "Suggested 1 character.",
	inARow: "{count} times in a row",
	explicit: "requested manually",
	cache: "cache hit",
	prompt: "prompt {tokens} tokens, {reused} reused",
	leftOut: "{tokens} tokens left out",
	prefill: "prefill {duration}",
	firstToken: "first token after {duration}",
	total: "total {duration}",
	filters: "filters: {names}",
} as const;

export interface DecisionDescription {
	readonly outcome: Sentence;
	/** As in `src/a.ts:12:8`. */
	readonly place: string;
	readonly details: readonly Sentence[];
}

export function describeDecision(
	decision: CountedDecision,
): DecisionDescription {
	const { path, line, column, count, isExplicit, outcome, work, totalMs } =
		decision;
	const details: Sentence[] = [];
	if (count > 1)
		details.push(sentence(decisionSentences.inARow, { count: `${count}` }));
	if (isExplicit) details.push(sentence(decisionSentences.explicit, {}));
	if (outcome.kind === "suggested" && outcome.source === "cache")
		details.push(sentence(decisionSentences.cache, {}));
	if (work?.stats) details.push(...describeStats(work.stats));
	details.push(
		sentence(decisionSentences.total, { duration: formatMs(totalMs) }),
	);
	if (work && work.firedFilters.length > 0)
		details.push(
			sentence(decisionSentences.filters, {
				names: work.firedFilters.join(", "),
			}),
		);
	return {
		outcome: outcomeSentence(outcome),
		place: `${path}:${line}:${column}`,
		details,
	};
}

function outcomeSentence(outcome: DecisionOutcome): Sentence {
	if (outcome.kind === "none") return reasonSentence(outcome.reason);
	return outcome.characters === 1
		? sentence(decisionSentences.suggestedOne, {})
		: sentence(decisionSentences.suggested, {
				characters: `${outcome.characters}`,
			});
}

function describeStats({
	promptTokens,
	reusedTokens,
	leftOutTokens,
	prefillMs,
	timeToFirstTokenMs,
}: GenerationStats): Sentence[] {
	const reused = promptTokens === 0 ? 0 : reusedTokens / promptTokens;
	return [
		sentence(decisionSentences.prompt, {
			tokens: `${promptTokens}`,
			reused: formatPercent(reused),
		}),
		...(leftOutTokens === 0
			? []
			: [sentence(decisionSentences.leftOut, { tokens: `${leftOutTokens}` })]),
		sentence(decisionSentences.prefill, { duration: formatMs(prefillMs) }),
		...(timeToFirstTokenMs === null
			? []
			: [
					sentence(decisionSentences.firstToken, {
						duration: formatMs(timeToFirstTokenMs),
					}),
				]),
	];
}

/** One line in English for bug reports, with the request id under which the log has more. */
export function decisionText(decision: CountedDecision): string {
	const { outcome, place, details } = describeDecision(decision);
	const { atMs, languageId, work } = decision;
	return [
		`${new Date(atMs).toISOString()} ${place} (${languageId}): ${inEnglish(outcome)}`,
		[
			...details.map(inEnglish),
			...(work ? [`request ${work.requestId}`] : []),
		].join("; "),
	].join(" ");
}
