/** A controller that verifies every draft as a whole, however bad, so that tests cover all of them. */

import { VerifyCosts } from "../../../src/engine/measure/verifyCosts.ts";
import {
	Controller,
	type DraftDecision,
	maxDraftedByModel,
} from "../../../src/engine/speculation/controller.ts";
import type { Draft } from "../../../src/engine/speculation/draft.ts";
import { maxVerifiedTokens } from "../../../src/memory/plan/planRequest.ts";

export class VerifyingAll extends Controller {
	verifiedTokens = 0;
	acceptedTokens = 0;
	readonly #maxTokens: number;

	/** @param maxTokens of a draft that are verified. */
	constructor(maxTokens = maxVerifiedTokens) {
		super(new VerifyCosts(new Map([[1, 1]])), { tokenMs: 1, readMs: 1 });
		this.#maxTokens = maxTokens;
	}

	/** Prefers longer drafts. */
	override decide({ tokens }: Draft): DraftDecision {
		const length = Math.min(tokens.length, this.#maxTokens);
		return { length, gain: 1 + length };
	}

	override expectedModelGain(): number {
		return Number.POSITIVE_INFINITY;
	}

	override shouldRead(): boolean {
		return true;
	}

	override shouldContinue(evidence: readonly number[]): boolean {
		return evidence.length < maxDraftedByModel;
	}

	override recordStep(step: Parameters<Controller["recordStep"]>[0]): void {
		this.verifiedTokens += step.draft?.tokens.length ?? 0;
		this.acceptedTokens += step.acceptedTokens;
		super.recordStep(step);
	}
}
