/** A language of a few tokens in which what follows depends on the last two: a model of it needs no weights. */

import { type FakeOptions, fakeTokens } from "../fakes/fakeRuntime.ts";
import { seededRandom } from "../seededRandom.ts";

type Token = number;

/** Tokens of one character and of two, so that a text can be said in several ways. */
const texts = ["a", "b", "c", "d", "ab", "bc", "\n"];
export const markovTokens: readonly Token[] = texts.map(
	(_, index) => 97 + index,
);
export const markovText = (token: Token): string => texts[token - 97] ?? "";
export const markovVocabulary = texts.map(
	(text, index) => [97 + index, text] as const,
);

/**
 * @param seed of another language.
 * @param endShare of the pairs behind which a text ends.
 */
export function markovModel(
	seed: number,
	endShare: number,
): Required<Pick<FakeOptions, "distribution">> {
	const known = new Map<string, ReadonlyMap<Token, number>>();
	return {
		distribution: (tokens) => {
			const last = tokens.slice(-2);
			const key = last.join(" ");
			const made = known.get(key) ?? distributionOf(seed, last, endShare);
			known.set(key, made);
			return made;
		},
	};
}

/** Some tokens are many times as likely as others, as in any language. */
function distributionOf(
	seed: number,
	last: readonly Token[],
	endShare: number,
): ReadonlyMap<Token, number> {
	const state = last.reduce((sum, it) => sum * 1009 + it, seed * 7919);
	const random = seededRandom(state);
	const weights = markovTokens.map(() => random() ** 4);
	const sum = weights.reduce((total, it) => total + it, 0);
	// Behind most pairs hardly ever, and behind some nearly always.
	const end = random() < endShare ? 0.9 : endShare / 2;
	return new Map([
		...markovTokens.map(
			(token, index) =>
				[token, ((weights[index] ?? 0) / sum) * (1 - end)] as const,
		),
		[fakeTokens.endOfText, end] as const,
	]);
}
