/** Throttles a stream of values of which only the latest counts, such as progress. */

/**
 * Passes a value on if the last one was passed on at least `pauseMs` ago, and drops it otherwise. Without timers, so the last value of a
 * stream may be dropped.
 */
export function throttle<Value>(
	pauseMs: number,
	onValue: (value: Value) => void,
	now: () => number = () => performance.now(),
): (value: Value) => void {
	let passedOnAtMs = Number.NEGATIVE_INFINITY;
	return (value) => {
		const atMs = now();
		if (atMs - passedOnAtMs < pauseMs) return;
		passedOnAtMs = atMs;
		onValue(value);
	};
}
