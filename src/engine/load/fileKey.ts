/** Identifies a version of a model file. */

import { statSync } from "node:fs";

/** Changes when the file is rewritten. */
export function fileKey(file: string): string {
	const stat = statSync(file, { throwIfNoEntry: false });
	return `${file}, ${stat?.size ?? 0} bytes of ${stat?.mtimeMs ?? 0}`;
}
