/** Copies of the built-in model that differ in a few words of the header, each as long as the one it replaces. */

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";

export function patchModel(
	from: string,
	to: string,
	replacements: readonly (readonly [before: string, after: string])[],
): void {
	const bytes = readFileSync(from);
	for (const [before, after] of replacements) {
		assert.equal(before.length, after.length, `${before} -> ${after}`);
		let found = 0;
		for (
			let at = bytes.indexOf(before);
			at >= 0;
			at = bytes.indexOf(before, at + after.length)
		) {
			bytes.write(after, at, "latin1");
			found++;
		}
		assert.ok(found > 0, `${before} was not found`);
	}
	writeFileSync(to, bytes);
}
