/** The memory of several allocations together. */

import type { AllocatedBytes } from "./runtime.ts";

export function sumAllocated(
	a: AllocatedBytes,
	b: AllocatedBytes,
): AllocatedBytes {
	return {
		vramBytes: a.vramBytes + b.vramBytes,
		ramBytes: a.ramBytes + b.ramBytes,
	};
}
