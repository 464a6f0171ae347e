/** Lets promises settle: returns when every continuation that is ready now, and those it makes ready, have run. */

import { setImmediate } from "node:timers/promises";

export async function settle(): Promise<void> {
	await setImmediate();
	await setImmediate();
}
