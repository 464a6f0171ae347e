/** Removes a model that Headroom installed, and no other. */

import fs from "node:fs/promises";
import path from "node:path";
import { failure, type Result } from "../../base/result.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";
import { codeOf, writeError } from "../../storage/fileErrors.ts";
import {
	type InstallRecord,
	readInstallRecords,
	removeInstallRecord,
} from "./installRecords.ts";

/** Removes a link, not its target. Of a file that no longer exists, removes the record. */
export async function removeModel(
	folder: string,
	file: string,
): Promise<Result<void, HeadroomError>> {
	const fileName = path.basename(file);
	const foreign = failure(createError("removeForeign", { file }));
	if (path.resolve(file) !== path.resolve(folder, fileName)) return foreign;
	const records = await readInstallRecords(folder);
	if (!records.ok) return records;
	const entry = records.value.find((it) => it.fileName === fileName);
	if (!entry) return foreign;
	try {
		if (!(await isUnchanged(file, entry))) return foreign;
		await fs.unlink(file);
	} catch (thrown) {
		if (codeOf(thrown) !== "ENOENT")
			return failure(writeError(fileName, folder, thrown));
	}
	return removeInstallRecord(folder, fileName);
}

/** Whether the file is still the one that was installed, by type and size. */
async function isUnchanged(
	file: string,
	{ how, sizeBytes, source }: InstallRecord,
): Promise<boolean> {
	const stat = await fs.lstat(file);
	return how === "symlinked"
		? stat.isSymbolicLink() && (await fs.readlink(file)) === source
		: stat.isFile() && stat.size === sizeBytes;
}
