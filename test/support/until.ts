/** The one way in which tests wait: for a condition, polled from outside, with one limit that no load reaches. */

import { setTimeout as sleep } from "node:timers/promises";

/** Longer than anything takes on a busy machine: whoever waits this long waits for something that does not come. */
export const waitLimitMs = 300_000;

const pollMs = 25;

/**
 * Polls until the condition holds, and returns what it returned. A condition that throws does not hold yet, as an element that
 * is being replaced; the error of the last attempt is the cause of the one that this throws after `waitLimitMs`.
 *
 * @param what is waited for, as the error names it: "a second answer".
 */
export async function until<T>(
	what: string,
	condition: () => T | Promise<T>,
): Promise<NonNullable<T>> {
	const startMs = performance.now();
	for (;;) {
		let cause: unknown;
		try {
			const result = await condition();
			if (result) return result;
		} catch (thrown) {
			cause = thrown;
		}
		if (performance.now() - startMs > waitLimitMs)
			throw new Error(`waited in vain for ${what}`, { cause });
		await sleep(pollMs);
	}
}

/** Polls until the assertions hold: for values that are to become equal, so that a failure shows both. */
export async function untilPasses(
	assertions: () => void | Promise<void>,
): Promise<void> {
	await until("assertions to hold", async () => {
		await assertions();
		return true;
	}).catch((thrown: Error) => {
		throw thrown.cause ?? thrown;
	});
}
