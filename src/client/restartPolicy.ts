/** Decides whether and when to restart a crashed engine, with growing pauses. */

export type RestartDecision =
	| { readonly kind: "restart"; readonly pauseMs: number }
	| { readonly kind: "giveUp"; readonly crashes: number };

/** Older crashes do not count. */
const windowMs = 5 * 60_000;

/** The first pause is short, so that a single crash costs one suggestion. After the last, no restart. */
const pausesMs = [500, 5_000, 30_000] as const;

/** @param crashTimesMs times of all crashes, the latest included. */
export function decideRestart(
	crashTimesMs: readonly number[],
	nowMs: number,
): RestartDecision {
	const crashes = crashTimesMs.filter((time) => nowMs - time < windowMs).length;
	const pauseMs = pausesMs[Math.max(0, crashes - 1)];
	return pauseMs === undefined
		? { kind: "giveUp", crashes }
		: { kind: "restart", pauseMs };
}
