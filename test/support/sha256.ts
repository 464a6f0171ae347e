/** Hashes for tests. */

import { createHash } from "node:crypto";

/** In hexadecimal, lower case. */
export function sha256(bytes: Uint8Array): string {
	return createHash("sha256").update(bytes).digest("hex");
}
