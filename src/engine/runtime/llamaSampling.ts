/** Our token choices as options of the library's sampler. */

import { branded, type LibraryChoice, TokenBias } from "./nodeLlamaCpp.ts";
import type { Sampling, Token, TokenChoice } from "./runtime.ts";
import { seedAt } from "./sampling.ts";

type Tokenizer = ConstructorParameters<typeof TokenBias>[0];

const greedy = {
	generateNext: { token: true, options: { temperature: 0 } },
} as const satisfies LibraryChoice;

/**
 * The argmax and its probability, from the library's sorted list of probabilities. Top-k keeps it from sorting the whole vocabulary (11 ms for 152 k
 * tokens); the probabilities then sum over the top 64 only, which matters only when the argmax is improbable anyway. At temperature 0 the
 * library would not apply top-k.
 */
export const argmaxWithProbability = {
	generateNext: {
		probabilities: true,
		options: { temperature: 1, topK: 64, topP: 1, minP: 0, seed: 0 },
	},
} as const satisfies LibraryChoice;

/** Larger than any logit: an allowed token outranks all others, and allowed tokens keep their order. */
const allowedLogitBias = 1000;

export class TokenChoices {
	readonly #tokenizer: Tokenizer;
	readonly #biases = new WeakMap<readonly Token[], TokenBias>();

	constructor(tokenizer: Tokenizer) {
		this.#tokenizer = tokenizer;
	}

	/** @param index of the token whose successor is chosen, in its sequence. */
	after(
		{ allowed, banned, sampling }: TokenChoice,
		index: number,
	): LibraryChoice {
		if (!allowed && !banned && !sampling) return greedy;
		const tokenBias = banned?.length
			? this.#bias(allowed, banned)
			: allowed && this.#allowing(allowed);
		return {
			generateNext: {
				token: true,
				options: {
					...(sampling ? samplerOptions(sampling, index) : { temperature: 0 }),
					...(tokenBias && { tokenBias }),
				},
			},
		};
	}

	/** Cached by list: building a bias for half a vocabulary takes a while. */
	#allowing(allowed: readonly Token[]): TokenBias {
		const known = this.#biases.get(allowed);
		if (known) return known;
		const made = this.#bias(allowed, []);
		this.#biases.set(allowed, made);
		return made;
	}

	#bias(
		allowed: readonly Token[] | undefined,
		banned: readonly Token[],
	): TokenBias {
		const tokenBias = new TokenBias(this.#tokenizer);
		for (const token of branded(allowed ?? []))
			tokenBias.set(token, { logit: allowedLogitBias });
		for (const token of branded(banned)) tokenBias.set(token, "never");
		return tokenBias;
	}
}

function samplerOptions(
	{ temperature, topK, topP, seed }: Sampling,
	index: number,
) {
	return { temperature, topK, topP, seed: seedAt(seed, index) };
}
