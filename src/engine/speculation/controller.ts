/**
 * Decides how many drafted tokens to verify: as many as maximize the expected tokens per second, by the measured cost of verifying on this device and
 * the acceptance rate of tokens with the same evidence. Pure.
 *
 * The expected gain follows Leviathan, Kalman and Matias (arXiv 2211.17192), with two differences: the cost of verifying is measured instead of assumed
 * to be that of one token, and each token has an acceptance rate of its own.
 */

import { maxVerifiedTokens } from "../../memory/plan/planRequest.ts";
import type { WorkKind } from "../../protocol/generation.ts";
import type { VerifyCosts } from "../measure/verifyCosts.ts";
import { Acceptance } from "./acceptance.ts";
import type { Draft, DraftSource } from "./draft.ts";
import { Ledger } from "./ledger.ts";

/** A smaller gain is not worth the risk. */
export const minGain = 1.05;

/** The last tokens of longer drafts are hardly ever accepted. */
export const maxDraftedByModel = 16;

/** The prior acceptance rate of a draft model: published pairs reach 72 to 75 %. */
const typicalAcceptance = 0.7;

/** The weight of the prior gain of a draft model, in drafts. */
const priorDrafts = 4;
/** The weight of a draft decays by this factor with each draft after it. */
const draftDecay = 0.95;

/** The prior length of an answer, in tokens. */
const typicalAnswerTokens: Readonly<Record<WorkKind, number>> = {
	line: 12,
	block: 40,
	chat: 200,
	edit: 200,
};

/** A draft model that did not pay is probed again after this many tokens. */
const probePauseTokens = 200;

/** The time that a try may lose beyond its ledger, in plain tokens: otherwise a source that has lost could never prove that it has improved. */
const riskTokens = 2;

/** The weight of a new measurement in a moving average. */
const newWeight = 0.1;

/** The costs of the draft model. */
export interface DraftCosts {
	/** Decode time per token. */
	readonly tokenMs: number;
	/** Prefill time per token. */
	readonly readMs: number;
}

export interface DraftDecision {
	/** How many of the drafted tokens to verify; 0 if it does not pay. */
	readonly length: number;
	/** Expected tokens per second relative to plain decoding. */
	readonly gain: number;
}

/** One evaluation of the model and its outcome. */
export interface Step {
	/** The verified draft, if any. */
	readonly draft: Draft | undefined;
	readonly acceptedTokens: number;
	/** The time of the evaluation. */
	readonly ms: number;
	/** The time of drafting before it, whether or not the drafts were used. */
	readonly draftingMs: number;
}

/** Sums over the draft model's drafts, recent ones weighing more. */
interface ModelDrafts {
	/** Expected tokens. */
	readonly tokens: number;
	/** The time of drafting and verifying them. */
	readonly ms: number;
}

/** One per kind of work. */
export class Controller {
	readonly #costs: VerifyCosts;
	#draftCosts: DraftCosts | undefined;
	readonly #acceptance: Readonly<Record<DraftSource, Acceptance>>;
	readonly #ledgers: Readonly<Record<DraftSource, Ledger>> = {
		lookup: new Ledger(),
		model: new Ledger(),
	};
	#tokensSinceDraft = 0;
	#modelDrafts: ModelDrafts | undefined;
	#answerTokens: number;

	/** @param draftCosts undefined without a draft model. */
	constructor(
		costs: VerifyCosts,
		draftCosts: DraftCosts | undefined,
		kind: WorkKind = "block",
	) {
		this.#costs = costs;
		this.#draftCosts = draftCosts;
		this.#answerTokens = typicalAnswerTokens[kind];
		this.#acceptance = {
			lookup: new Acceptance("lookup", kind),
			model: new Acceptance("model", kind),
		};
	}

	/** Milliseconds per token of plain decoding. */
	get plainMs(): number {
		return this.#costs.plainMs;
	}

	/** How many tokens of an existing draft to verify. */
	decide({
		source,
		evidence,
	}: Pick<Draft, "source" | "evidence">): DraftDecision {
		const acceptances = evidence.map((it) =>
			this.#acceptance[source].probability(it),
		);
		let decision = this.#best(acceptances, {});
		// A shorter draft risks less.
		while (
			decision.gain >= minGain &&
			!this.#canTry(decision, source, acceptances)
		)
			decision = this.#best(acceptances.slice(0, decision.length - 1), {});
		return decision.gain >= minGain ? decision : { length: 0, gain: 1 };
	}

	/** The expected gain of the draft model before it drafts; 0 if it should not draft. */
	expectedModelGain(): number {
		if (!this.#draftCosts) return 0;
		const { tokens, ms } = this.#modelDrafts ?? this.#priorDrafts();
		const gain = (tokens * this.#costs.plainMs) / ms;
		return gain >= minGain && this.#canAfford(0, "model") ? gain : 0;
	}

	/**
	 * Whether the draft model should prefill unread text, given the expected rest of the answer. Prefill is an investment: the ledger does not
	 * count it.
	 */
	shouldRead(unreadTokens: number, generatedTokens: number): boolean {
		const gain = this.expectedModelGain();
		if (!this.#draftCosts || gain === 0) return false;
		// Beyond the average length, assume that one more line follows.
		const left = Math.max(
			this.#answerTokens - generatedTokens,
			typicalAnswerTokens.line,
		);
		const savedMs = left * this.#costs.plainMs * (1 - 1 / gain);
		return unreadTokens * this.#draftCosts.readMs < savedMs;
	}

	/** Updates the average length of an answer. */
	recordAnswer(tokens: number): void {
		this.#answerTokens += newWeight * (tokens - this.#answerTokens);
	}

	/** Whether to probe if the draft model pays by now. */
	shouldProbe({
		unreadTokens,
		tokens,
	}: {
		/** Tokens to prefill first. */
		readonly unreadTokens: number;
		readonly tokens: number;
	}): boolean {
		if (!this.#draftCosts || this.#tokensSinceDraft < probePauseTokens)
			return false;
		const { readMs, tokenMs } = this.#draftCosts;
		return this.#canAfford(unreadTokens * readMs + tokens * tokenMs, "model");
	}

	/** Whether drafting one more token pays. */
	shouldContinue(evidence: readonly number[]): boolean {
		const length = evidence.length;
		if (length >= maxDraftedByModel) return false;
		const acceptances = this.#assumed(evidence);
		const now = this.#best(acceptances.slice(0, length), {
			draftedTokens: length,
		});
		// The tokens drafted so far are paid for in both cases, so the gains are equal if neither pays.
		const later = this.#best(acceptances, {
			from: length + 1,
			drafting: true,
			draftedTokens: length,
		});
		return later.gain > now.gain;
	}

	/** Updates the acceptance rates by a draft, verified or not. */
	learn(draft: Draft, acceptedTokens: number, isRefuted: boolean): void {
		this.#acceptance[draft.source].learn(draft, acceptedTokens, isRefuted);
	}

	recordStep({ draft, acceptedTokens, ms, draftingMs }: Step): void {
		const { plainMs } = this.#costs;
		const evaluated = 1 + (draft?.tokens.length ?? 0);
		this.#tokensSinceDraft += 1 + acceptedTokens;
		for (const ledger of Object.values(this.#ledgers))
			ledger.spend(ms + draftingMs);
		if (draftingMs > 0) this.#ledgers.model.credit(-draftingMs, plainMs);
		this.#costs.observe(evaluated, ms);
		// By the average cost of such a step: a delay by another program says nothing about the draft.
		if (draft)
			this.#ledgers[draft.source].credit(
				(1 + acceptedTokens) * plainMs - this.#costs.ms(evaluated),
				plainMs,
			);
	}

	/** Updates the expected gain of the draft model. */
	recordModelDraft({ evidence }: Pick<Draft, "evidence">): void {
		this.#tokensSinceDraft = 0;
		if (!this.#draftCosts) return;
		const { model } = this.#acceptance;
		const { plainMs } = this.#costs;
		const { length, gain } = this.#best(
			evidence.map((it) => model.probability(it)),
			{ drafting: true },
		);
		// Even if no token was worth verifying, at least one was drafted.
		const ms =
			length > 0
				? this.#costs.ms(length + 1) + length * this.#draftCosts.tokenMs
				: plainMs + this.#draftCosts.tokenMs;
		const tokens = length > 0 ? (gain * ms) / plainMs : 1;
		const before = this.#modelDrafts ?? this.#priorDrafts();
		this.#modelDrafts = {
			tokens: before.tokens * draftDecay + tokens,
			ms: before.ms * draftDecay + ms,
		};
	}

	/** Updates the decode time of the draft model. */
	recordDraftToken(ms: number): void {
		if (!this.#draftCosts) return;
		const { tokenMs: known } = this.#draftCosts;
		// Limits outliers, when another program used the machine.
		const tokenMs = known + newWeight * (Math.min(ms, 2 * known) - known);
		this.#draftCosts = { ...this.#draftCosts, tokenMs };
	}

	/** Whether the ledger covers the expected loss if the first token is rejected. */
	#canTry(
		{ length }: DraftDecision,
		source: DraftSource,
		[first = 0]: readonly number[],
	): boolean {
		const { plainMs } = this.#costs;
		const riskMs = (1 - first) * (this.#costs.ms(length + 1) - plainMs);
		return this.#canAfford(Math.max(0, riskMs - riskTokens * plainMs), source);
	}

	#canAfford(ms: number, source: DraftSource): boolean {
		return this.#ledgers[source].canAfford(ms, this.#costs.plainMs);
	}

	#priorDrafts(): ModelDrafts {
		const { gain } = this.#best(this.#assumed([]), { drafting: true });
		const ms = priorDrafts * this.#costs.plainMs;
		return { tokens: priorDrafts * gain, ms };
	}

	/** The acceptance rates of the tokens drafted so far, continued by that of the last token, or by the prior. */
	#assumed(evidence: readonly number[]): readonly number[] {
		const { model } = this.#acceptance;
		const known = evidence.map((it) => model.probability(it));
		const next = known.at(-1) ?? typicalAcceptance;
		return Array.from(
			{ length: maxDraftedByModel },
			(_, index) => known[index] ?? next,
		);
	}

	#best(
		acceptances: readonly number[],
		where: Partial<DraftSearch>,
	): DraftDecision {
		return bestOf(acceptances, {
			costs: this.#costs,
			tokenMs: this.#draftCosts?.tokenMs ?? 0,
			from: 1,
			drafting: false,
			draftedTokens: 0,
			...where,
		});
	}
}

/** The gain of a draft model with this acceptance rate; below 1 if it would lose. */
export function bestGain(
	costs: VerifyCosts,
	{ tokenMs }: DraftCosts,
	acceptance: number,
): number {
	const acceptances = Array.from(
		{ length: maxDraftedByModel },
		() => acceptance,
	);
	const options = { costs, tokenMs, from: 1, drafting: true, draftedTokens: 0 };
	return bestOf(acceptances, options).gain;
}

interface DraftSearch {
	readonly costs: VerifyCosts;
	/** The decode time of the draft model. */
	readonly tokenMs: number;
	/** The smallest length to consider, besides none. */
	readonly from: number;
	/** Whether the tokens still have to be drafted. */
	readonly drafting: boolean;
	/** The number of tokens that were drafted already, and are paid for in any case. */
	readonly draftedTokens: number;
}

/**
 * The number of tokens to verify with the highest gain.
 *
 * @param acceptances the acceptance rate of each token, given that those before it are accepted.
 */
function bestOf(
	acceptances: readonly number[],
	{ costs, tokenMs, from, drafting, draftedTokens }: DraftSearch,
): DraftDecision {
	const { plainMs } = costs;
	let survival = 1;
	let expectedTokens = 1;
	let best: DraftDecision = {
		length: 0,
		gain: plainMs / (plainMs + draftedTokens * tokenMs),
	};
	const maxLength = Math.min(acceptances.length, maxVerifiedTokens - 1);
	for (let length = 1; length <= maxLength; length++) {
		survival *= acceptances[length - 1] ?? 0;
		expectedTokens += survival;
		const draftingMs = (drafting ? length : draftedTokens) * tokenMs;
		const gain =
			(expectedTokens * plainMs) / (costs.ms(length + 1) + draftingMs);
		if (length >= from && gain > best.gain) best = { length, gain };
	}
	return best;
}
