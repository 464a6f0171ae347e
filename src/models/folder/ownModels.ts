/** The models that Headroom installed into its folder, by the install records. */

import path from "node:path";
import { type Result, success } from "../../base/result.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import { type InstallRecord, readInstallRecords } from "./installRecords.ts";

export interface OwnModel extends InstallRecord {
	/** Absolute path. */
	readonly file: string;
}

/** Newest first. */
export async function ownModels(
	folder: string,
): Promise<Result<readonly OwnModel[], HeadroomError>> {
	const records = await readInstallRecords(folder);
	if (!records.ok) return records;
	return success(
		records.value
			.map((entry) => ({ ...entry, file: path.join(folder, entry.fileName) }))
			.sort((a, b) => (a.addedAt > b.addedAt ? -1 : 1)),
	);
}

/** Whether two paths are equal once resolved. False for empty ones. */
export function isSamePath(a: string, b: string): boolean {
	return a !== "" && b !== "" && path.resolve(a) === path.resolve(b);
}
