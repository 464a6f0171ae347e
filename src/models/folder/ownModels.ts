/** The models that the extension itself put into its folder, as the ledger has them. */

import path from "node:path";
import { type Result, success } from "../../base/result.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import { type LedgerEntry, readLedger } from "./ledger.ts";

export interface OwnModel extends LedgerEntry {
	/** Absolute path. */
	readonly file: string;
}

/** The newest first. */
export async function ownModels(
	folder: string,
): Promise<Result<readonly OwnModel[], HeadroomError>> {
	const ledger = await readLedger(folder);
	if (!ledger.ok) return ledger;
	return success(
		ledger.value
			.map((entry) => ({ ...entry, file: path.join(folder, entry.fileName) }))
			.sort((a, b) => (a.addedAt > b.addedAt ? -1 : 1)),
	);
}

/** Whether two paths name one place, however they are written. An empty path names none. */
export function isSamePath(a: string, b: string): boolean {
	return a !== "" && b !== "" && path.resolve(a) === path.resolve(b);
}
