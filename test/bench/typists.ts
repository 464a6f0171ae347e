/**
 * When keys come: three typists and an even beat.
 *
 * Gaps within a burst are log-normal. 231 ms is the mean of 168,000 people who copied prose (Dhakal et al., CHI 2018), 100 ms that of the fastest
 * of them. Symbols that need Shift take longer, Enter longer still, and people stop to think at the start of some lines. No published
 * distribution is known for professionals who write code.
 */

import { seededRandom } from "../support/seededRandom.ts";

export const typistNames = ["fast", "average", "slow", "even"] as const;
export type TypistName = (typeof typistNames)[number];

/** Of a burst; the even typist has no bursts. */
const medianGapMs: Readonly<Record<TypistName, number>> = {
	fast: 100,
	average: 170,
	slow: 231,
	even: 240,
};

const sigma = 0.5;
const shiftFactor = 1.5;
const enterFactor = 3;
const pauseShare = 0.25;
const minPauseMs = 2_000;
const maxPauseMs = 8_000;

/** On a US keyboard. */
const needsShift = /[A-Z~!@#$%^&*()_+{}|:"<>?]/;

/**
 * When each key of a text comes, in milliseconds since the first.
 *
 * @param keys what each key inserts; a line end comes with the indentation that the editor types.
 */
export function keyTimesMs(
	keys: readonly string[],
	typist: TypistName,
	seed: number,
): number[] {
	const random = seededRandom(1_000 + seed);
	const median = medianGapMs[typist];
	let ms = 0;
	let startsLine = false;
	return keys.map((key) => {
		if (typist === "even") ms += median;
		else {
			const isEnter = key.startsWith("\n");
			ms +=
				median *
				Math.exp(sigma * normal(random)) *
				(isEnter ? enterFactor : needsShift.test(key) ? shiftFactor : 1);
			if (startsLine && random() < pauseShare)
				ms += minPauseMs + random() * (maxPauseMs - minPauseMs);
			startsLine = isEnter;
		}
		return ms;
	});
}

/** Standard normal (Box and Muller 1958). */
function normal(random: () => number): number {
	return (
		Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
	);
}
