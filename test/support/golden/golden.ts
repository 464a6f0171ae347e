/** Golden texts. `UPDATE_GOLDEN=1` rewrites them; the diff is then reviewed. */

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const folder = path.resolve(import.meta.dirname, "../../unit/golden");

export function assertGolden(name: string, actual: string): void {
	const file = path.join(folder, `${name}.txt`);
	const { UPDATE_GOLDEN } = process.env;
	if (UPDATE_GOLDEN) {
		mkdirSync(folder, { recursive: true });
		writeFileSync(file, `${actual}\n`);
	}
	if (!existsSync(file))
		throw new Error(`${file} is missing: UPDATE_GOLDEN=1 writes it`);
	assert.equal(`${actual}\n`, readFileSync(file, "utf8"));
}
