/** A draft model that drafts random tokens with maximal confidence. */

import type { Token } from "../../../src/engine/runtime/runtime.ts";
import type {
	Draft,
	Drafter,
	DraftingOptions,
} from "../../../src/engine/speculation/draft.ts";
import { probabilityEvidence } from "../../../src/engine/speculation/evidence.ts";

export class HostileDrafter implements Drafter {
	/** The number of drafts. */
	drafts = 0;
	readonly #random: () => number;
	readonly #tokens: readonly Token[];

	/** @param tokens to choose from. */
	constructor(random: () => number, tokens: readonly Token[]) {
		this.#random = random;
		this.#tokens = tokens;
	}

	unreadTokens(): number {
		return 0;
	}

	read(): Promise<void> {
		return Promise.resolve();
	}

	draft(
		_text: readonly Token[],
		{ maxTokens, shouldContinue }: DraftingOptions,
	): Promise<Draft | undefined> {
		this.drafts++;
		const tokens: Token[] = [];
		const evidence: number[] = [];
		while (tokens.length < maxTokens && shouldContinue(evidence)) {
			const { length } = this.#tokens;
			tokens.push(this.#tokens[Math.floor(this.#random() * length)] ?? 0);
			evidence.push(probabilityEvidence(1));
		}
		const draft: Draft = { source: "model", tokens, evidence };
		return Promise.resolve(tokens.length > 0 ? draft : undefined);
	}
}
