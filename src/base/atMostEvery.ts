/** Thins out a stream of values of which only the newest counts, such as progress. */

/**
 * Passes a value on where the last one that was passed on is at least `pauseMs` ago, and drops it otherwise. No timers: what comes last may be
 * dropped, so the end of the stream is to be told by other means.
 */
export function atMostEvery<Value>(
	pauseMs: number,
	onValue: (value: Value) => void,
	now: () => number = () => performance.now(),
): (value: Value) => void {
	let passedOnAt = Number.NEGATIVE_INFINITY;
	return (value) => {
		const at = now();
		if (at - passedOnAt < pauseMs) return;
		passedOnAt = at;
		onValue(value);
	};
}
