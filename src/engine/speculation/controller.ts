/**
 * Decides what is verified, if anything: so many drafted tokens as bring most tokens per second, by what this device takes for them and by how
 * often tokens with such evidence were right. Pure.
 *
 * The expected gain is that of Leviathan, Kalman and Matias (arXiv 2211.17192), with two differences: the cost of verifying is measured and
 * not taken to be that of one token, and each token has an acceptance of its own.
 */

import { maxVerifiedTokens } from "../../memory/plan/plan.ts";
import type { WorkKind } from "../../protocol/generation.ts";
import type { VerifyCosts } from "../measure/verifyCosts.ts";
import { Acceptance } from "./acceptance.ts";
import type { Draft, DraftSource } from "./draft.ts";
import { Ledger } from "./ledger.ts";

/** What gains less is not worth the chance of being wrong. */
export const minGain = 1.05;

/** With longer drafts of a model the last tokens are hardly ever reached. */
export const maxDraftedByModel = 16;

/** Of a draft model of which nothing is known yet: what published pairs reach (72 to 75 % of tokens). */
const typicalAcceptance = 0.7;

/** What is taken for true of a draft model beforehand counts as much as so many drafts of it. */
const priorAsks = 4;
/** A draft counts a twentieth less with each that follows. */
const askDecay = 0.95;

/** Tokens of a usual answer, before there was one. */
const usualAnswer: Readonly<Record<WorkKind, number>> = {
	line: 12,
	block: 40,
	chat: 200,
	edit: 200,
};

/** A draft model that did not pay is asked again after so many tokens. */
const probePauseTokens = 200;

/** Times of one token that one try may lose beyond what there is: less, and what has lost could never show that it is better by now. */
const riskTokens = 2;

/** The newest measurement counts for so much of what is known. */
const newWeight = 0.1;

/** Of the draft model, in milliseconds. */
export interface DraftCosts {
	/** To make a token. */
	readonly tokenMs: number;
	/** To read a token of a text that is there. */
	readonly readMs: number;
}

export interface Decision {
	/** How many of the drafted tokens to verify; 0 where none pay. */
	readonly length: number;
	/** Expected tokens per second, as a multiple of those without a draft. */
	readonly gain: number;
}

/** One evaluation of the model, and what came of it. */
export interface Step {
	/** What was verified, if anything. */
	readonly draft: Draft | undefined;
	readonly acceptedTokens: number;
	/** Of the evaluation. */
	readonly ms: number;
	/** Of making drafts before it, used or not. */
	readonly draftingMs: number;
}

/** Drafts of the model, the later ones counting more. */
interface Asks {
	/** Expected of them. */
	readonly tokens: number;
	/** That making and verifying them takes. */
	readonly ms: number;
}

/** Of one kind of work. */
export class Controller {
	readonly #costs: VerifyCosts;
	#draftCosts: DraftCosts | undefined;
	readonly #acceptance: Readonly<Record<DraftSource, Acceptance>>;
	readonly #ledgers: Readonly<Record<DraftSource, Ledger>> = {
		lookup: new Ledger(),
		model: new Ledger(),
	};
	#tokensSinceDraft = 0;
	#asks: Asks | undefined;
	#answerTokens: number;

	/** @param draftCosts undefined without a draft model. */
	constructor(
		costs: VerifyCosts,
		draftCosts: DraftCosts | undefined,
		kind: WorkKind = "block",
	) {
		this.#costs = costs;
		this.#draftCosts = draftCosts;
		this.#answerTokens = usualAnswer[kind];
		this.#acceptance = {
			lookup: new Acceptance("lookup", kind),
			model: new Acceptance("model", kind),
		};
	}

	/** Milliseconds of one token without a draft. */
	get plainMs(): number {
		return this.#costs.plainMs;
	}

	/** How many of these tokens to verify, now that they are there. */
	decide({ source, evidence }: Pick<Draft, "source" | "evidence">): Decision {
		const acceptances = evidence.map((it) =>
			this.#acceptance[source].probability(it),
		);
		let decision = this.#best(acceptances, {});
		// A shorter draft loses less.
		while (
			decision.gain >= minGain &&
			!this.#mayTry(decision, source, acceptances)
		)
			decision = this.#best(acceptances.slice(0, decision.length - 1), {});
		return decision.gain >= minGain ? decision : { length: 0, gain: 1 };
	}

	/** What the draft model may be expected to gain before it has said anything; 0 where it is not to be asked. */
	expectedOfModel(): number {
		if (!this.#draftCosts) return 0;
		const { tokens, ms } = this.#asks ?? this.#priorAsks();
		const gain = (tokens * this.#costs.plainMs) / ms;
		return gain >= minGain && this.#mayLose(0, "model") ? gain : 0;
	}

	/**
	 * Whether it pays to have the draft model read a text that it does not know yet, for what is left of a usual answer. It is an investment: it does
	 * not count against the drafts.
	 */
	mayRead(unreadTokens: number, saidTokens: number): boolean {
		const gain = this.expectedOfModel();
		if (!this.#draftCosts || gain === 0) return false;
		// Who has said more than usual will say as much again as the least.
		const left = Math.max(this.#answerTokens - saidTokens, usualAnswer.line);
		const savedMs = left * this.#costs.plainMs * (1 - 1 / gain);
		return unreadTokens * this.#draftCosts.readMs < savedMs;
	}

	/** An answer has so many tokens. */
	answered(tokens: number): void {
		this.#answerTokens += newWeight * (tokens - this.#answerTokens);
	}

	/** Whether it is time to see, at a small price, if the draft model pays now. */
	mayProbe({
		unreadTokens,
		tokens,
	}: {
		/** Tokens that it has to read first. */
		readonly unreadTokens: number;
		readonly tokens: number;
	}): boolean {
		if (!this.#draftCosts || this.#tokensSinceDraft < probePauseTokens)
			return false;
		const { readMs, tokenMs } = this.#draftCosts;
		return this.#mayLose(unreadTokens * readMs + tokens * tokenMs, "model");
	}

	/** Whether one more token of the draft model is worth its time. */
	goesOn(evidence: readonly number[]): boolean {
		const length = evidence.length;
		if (length >= maxDraftedByModel) return false;
		const acceptances = this.#assumed(evidence);
		const now = this.#best(acceptances.slice(0, length), {
			draftedTokens: length,
		});
		// What was drafted has cost its time either way: where neither pays, they are equal.
		const later = this.#best(acceptances, {
			from: length + 1,
			drafting: true,
			draftedTokens: length,
		});
		return later.gain > now.gain;
	}

	/** Takes into account what was or was not right in a draft, verified or not. */
	learn(draft: Draft, acceptedTokens: number, isRefuted: boolean): void {
		this.#acceptance[draft.source].learn(draft, acceptedTokens, isRefuted);
	}

	settle({ draft, acceptedTokens, ms, draftingMs }: Step): void {
		const { plainMs } = this.#costs;
		const evaluated = 1 + (draft?.tokens.length ?? 0);
		this.#tokensSinceDraft += 1 + acceptedTokens;
		for (const ledger of Object.values(this.#ledgers))
			ledger.passed(ms + draftingMs);
		if (draftingMs > 0) this.#ledgers.model.saved(-draftingMs, plainMs);
		this.#costs.observe(evaluated, ms);
		// By what such a step takes as a rule: another program that had the machine for a moment says nothing of the draft.
		if (draft)
			this.#ledgers[draft.source].saved(
				(1 + acceptedTokens) * plainMs - this.#costs.ms(evaluated),
				plainMs,
			);
	}

	/** What the draft model said. */
	asked({ evidence }: Pick<Draft, "evidence">): void {
		this.#tokensSinceDraft = 0;
		if (!this.#draftCosts) return;
		const { model } = this.#acceptance;
		const { plainMs } = this.#costs;
		const { length, gain } = this.#best(
			evidence.map((it) => model.probability(it)),
			{ drafting: true },
		);
		// Where nothing of it is worth verifying, at least one token was drafted to find that out.
		const ms =
			length > 0
				? this.#costs.ms(length + 1) + length * this.#draftCosts.tokenMs
				: plainMs + this.#draftCosts.tokenMs;
		const tokens = length > 0 ? (gain * ms) / plainMs : 1;
		const before = this.#asks ?? this.#priorAsks();
		this.#asks = {
			tokens: before.tokens * askDecay + tokens,
			ms: before.ms * askDecay + ms,
		};
	}

	/** One token of the draft model took so long. */
	draftTook(ms: number): void {
		if (!this.#draftCosts) return;
		const { tokenMs: known } = this.#draftCosts;
		// Another program had the machine where it is far more.
		const tokenMs = known + newWeight * (Math.min(ms, 2 * known) - known);
		this.#draftCosts = { ...this.#draftCosts, tokenMs };
	}

	/** Whether it may be wrong from the start on: what that would cost, as likely as it is, beyond what any try may. */
	#mayTry(
		{ length }: Decision,
		source: DraftSource,
		[first = 0]: readonly number[],
	): boolean {
		const { plainMs } = this.#costs;
		const riskMs = (1 - first) * (this.#costs.ms(length + 1) - plainMs);
		return this.#mayLose(Math.max(0, riskMs - riskTokens * plainMs), source);
	}

	#mayLose(ms: number, source: DraftSource): boolean {
		return this.#ledgers[source].mayLose(ms, this.#costs.plainMs);
	}

	#priorAsks(): Asks {
		const { gain } = this.#best(this.#assumed([]), { drafting: true });
		const ms = priorAsks * this.#costs.plainMs;
		return { tokens: priorAsks * gain, ms };
	}

	/** What is known of a draft so far, and what may be thought of the tokens after that: that they are like the last, or like all. */
	#assumed(evidence: readonly number[]): readonly number[] {
		const { model } = this.#acceptance;
		const known = evidence.map((it) => model.probability(it));
		const next = known.at(-1) ?? typicalAcceptance;
		return Array.from(
			{ length: maxDraftedByModel },
			(_, index) => known[index] ?? next,
		);
	}

	#best(acceptances: readonly number[], where: Partial<Choosing>): Decision {
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

/** What a draft model would gain if it were as often right as that; less than 1 where it would lose. */
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

interface Choosing {
	readonly costs: VerifyCosts;
	/** Of the draft model. */
	readonly tokenMs: number;
	/** The least number. */
	readonly from: number;
	/** The tokens have yet to be drafted. */
	readonly drafting: boolean;
	/** So many were, and have cost their time. */
	readonly draftedTokens: number;
}

/**
 * The best number of tokens to verify, and what it gains.
 *
 * @param acceptances of each token, if those before it are right.
 */
function bestOf(
	acceptances: readonly number[],
	{ costs, tokenMs, from, drafting, draftedTokens }: Choosing,
): Decision {
	const { plainMs } = costs;
	let survival = 1;
	let expectedTokens = 1;
	let best: Decision = {
		length: 0,
		gain: plainMs / (plainMs + draftedTokens * tokenMs),
	};
	const most = Math.min(acceptances.length, maxVerifiedTokens - 1);
	for (let length = 1; length <= most; length++) {
		survival *= acceptances[length - 1] ?? 0;
		expectedTokens += survival;
		const draftingMs = (drafting ? length : draftedTokens) * tokenMs;
		const gain =
			(expectedTokens * plainMs) / (costs.ms(length + 1) + draftingMs);
		if (length >= from && gain > best.gain) best = { length, gain };
	}
	return best;
}
