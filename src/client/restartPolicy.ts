/** Whether to start a crashed engine again, and when. */

export type RestartDecision =
	| { readonly kind: "restart"; readonly pauseMs: number }
	| { readonly kind: "giveUp"; readonly crashes: number };

/** A crash weighs for this long. */
const memoryMs = 5 * 60_000;

/** The first pause is short: an accident should cost one suggestion. After the last there is no further try. */
const pausesMs = [500, 5_000, 30_000] as const;

/** @param crashTimesMs when the engine crashed, the crash at hand included. */
export function decideRestart(
	crashTimesMs: readonly number[],
	nowMs: number,
): RestartDecision {
	const crashes = crashTimesMs.filter((time) => nowMs - time < memoryMs).length;
	const pauseMs = pausesMs[Math.max(0, crashes - 1)];
	return pauseMs === undefined
		? { kind: "giveUp", crashes }
		: { kind: "restart", pauseMs };
}
