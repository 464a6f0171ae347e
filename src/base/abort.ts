/** Waiting that ends when a signal aborts. */

/** The value of the promise, or undefined as soon as the signal aborts. Leaves no listener on the signal. */
export async function orAborted<T>(
	promise: Promise<T>,
	signal: AbortSignal,
): Promise<T | undefined> {
	if (signal.aborted) return undefined;
	let onAbort = (): void => {};
	const aborted = new Promise<undefined>((resolve) => {
		onAbort = () => resolve(undefined);
		signal.addEventListener("abort", onAbort, { once: true });
	});
	try {
		return await Promise.race([promise, aborted]);
	} finally {
		signal.removeEventListener("abort", onAbort);
	}
}

/** Settles after the time, or as soon as the signal aborts. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
	return ms <= 0 || signal.aborted
		? Promise.resolve()
		: new Promise((resolve) => {
				const timer = setTimeout(done, ms);
				function done(): void {
					clearTimeout(timer);
					signal.removeEventListener("abort", done);
					resolve();
				}
				signal.addEventListener("abort", done);
			});
}
