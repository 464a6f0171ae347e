/** Our token choices as options of the library's sampler. */

import { branded, type LibraryChoice, TokenBias } from "./nodeLlamaCpp.ts";
import type {
	LikelyToken,
	Sampling,
	Token,
	TokenChoice,
	TokenLimits,
} from "./runtime.ts";
import { seedAt } from "./sampling.ts";

type Tokenizer = ConstructorParameters<typeof TokenBias>[0];

const greedy = {
	generateNext: { token: true, options: { temperature: 0 } },
} as const satisfies LibraryChoice;

/**
 * The argmax is the first in the library's sorted list of probabilities. Top-k keeps it from sorting the whole vocabulary (11 ms for 152 k
 * tokens); the probabilities then sum over the top 64 only, which matters only when the argmax is improbable anyway. At temperature 0 the
 * library would not apply top-k.
 */
const topProbabilities = {
	temperature: 1,
	topK: 64,
	topP: 1,
	minP: 0,
	seed: 0,
} as const;

/** Larger than any logit: an allowed token outranks all others, and allowed tokens keep their order. */
const allowedLogitBias = 1000;

/**
 * A bias costs microseconds for each of its tokens, and half of a vocabulary begins with a space. Where more tokens than this are allowed, one of
 * them is nearly always among the likeliest of all.
 */
const maxBiased = 1000;

export function isLong(tokens: readonly Token[] | undefined): boolean {
	return tokens !== undefined && tokens.length > maxBiased;
}

export class TokenChoices {
	readonly #tokenizer: Tokenizer;
	readonly #biases = new WeakMap<readonly Token[], TokenBias>();
	readonly #sets = new WeakMap<readonly Token[], ReadonlySet<Token>>();

	constructor(tokenizer: Tokenizer) {
		this.#tokenizer = tokenizer;
	}

	/** @param index of the token whose successor is chosen, in its sequence. */
	after({ sampling, ...limits }: TokenChoice, index: number): LibraryChoice {
		if (!limits.allowed && !limits.banned && !sampling) return greedy;
		return {
			generateNext: {
				token: true,
				options: {
					...(sampling ? samplerOptions(sampling, index) : { temperature: 0 }),
					...this.#within(limits),
				},
			},
		};
	}

	/** For the likeliest tokens with their probabilities. */
	probabilitiesAfter(limits: TokenLimits): LibraryChoice {
		return {
			generateNext: {
				probabilities: true,
				options: { ...topProbabilities, ...this.#within(limits) },
			},
		};
	}

	/**
	 * The likeliest token within the limits, with its share of the allowed ones; undefined if there is none. Also checks bans, because the library
	 * ignores those of end-of-text tokens.
	 *
	 * @param likely in descending order.
	 */
	likeliest(
		likely: readonly LikelyToken[],
		{ allowed, banned }: TokenLimits,
	): LikelyToken | undefined {
		const among = allowed && this.#setOf(allowed);
		const without = banned && this.#setOf(banned);
		const possible = likely.filter(
			({ token }) => (among?.has(token) ?? true) && !without?.has(token),
		);
		const [first] = possible;
		if (!first || !among) return first;
		const sum = possible.reduce((all, it) => all + it.probability, 0);
		return { token: first.token, probability: first.probability / sum };
	}

	#setOf(tokens: readonly Token[]): ReadonlySet<Token> {
		const set = this.#sets.get(tokens) ?? new Set(tokens);
		this.#sets.set(tokens, set);
		return set;
	}

	/** Cached by list where there is only one: building a bias for half a vocabulary takes a while. */
	#within({ allowed, banned }: TokenLimits): { tokenBias?: TokenBias } {
		const key = banned?.length ? (allowed ? undefined : banned) : allowed;
		if (!allowed && !banned?.length) return {};
		const known = key && this.#biases.get(key);
		if (known) return { tokenBias: known };
		const made = this.#bias(allowed, banned ?? []);
		if (key) this.#biases.set(key, made);
		return { tokenBias: made };
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
