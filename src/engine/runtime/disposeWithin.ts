/** Disposes of what the library holds, in bounded time. */

import type { Log } from "../../base/log.ts";
import { type SetTimer, setRealTimer } from "../../base/timers.ts";

/**
 * The library's `dispose` may never settle, for instance after a failed load or while an evaluation runs. After `limitMs` this logs a warning and
 * resolves; the memory is then freed when the process ends.
 *
 * @param what names the object in the log.
 * @throws what `dispose` rejects with, within the limit.
 */
export async function disposeWithin(
	limitMs: number,
	what: string,
	dispose: () => Promise<void>,
	log: Log,
	setTimer: SetTimer = setRealTimer,
): Promise<void> {
	let onExpired = (): void => {};
	const expired = new Promise<true>((resolve) => {
		onExpired = () => resolve(true);
	});
	const timer = setTimer(onExpired, limitMs);
	try {
		const isExpired = await Promise.race([dispose(), expired]);
		if (isExpired) log.warn(`${what} was not disposed within ${limitMs} ms`);
	} finally {
		timer.dispose();
	}
}
