/** `models.json` in the models folder: what Headroom installed there, and may therefore remove. */

import fs from "node:fs/promises";
import path from "node:path";
import * as z from "zod/mini";
import { failure, type Result, success } from "../../base/result.ts";
import { type Phrase, phrase } from "../../base/sentence.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../../protocol/errors.ts";
import { replaceFile } from "../../storage/atomicFile.ts";
import { codeOf, writeError } from "../../storage/fileErrors.ts";
import { withLock } from "../../storage/lock.ts";

export const InstallRecord = z.readonly(
	z.object({
		/** In the models folder. */
		fileName: z.string(),
		sizeBytes: z.number(),
		/** In lower case; null where a linked file was not hashed. */
		sha256: z.nullable(z.string()),
		how: z.enum(["downloaded", "copied", "hardLinked", "symlinked"]),
		/** A URL or a path. */
		source: z.string(),
		addedAt: z.iso.datetime(),
	}),
);
export type InstallRecord = z.infer<typeof InstallRecord>;

const RecordsFile = z.object({
	version: z.literal(1),
	models: z.readonly(z.array(InstallRecord)),
});

const recordsFileName = "models.json";

export async function readInstallRecords(
	folder: string,
): Promise<Result<readonly InstallRecord[], HeadroomError>> {
	const file = path.join(folder, recordsFileName);
	const unreadable = (why: string | Phrase) =>
		failure(createError("installRecordsUnreadable", { file, why }));
	try {
		const parsed = RecordsFile.safeParse(
			JSON.parse(await fs.readFile(file, "utf8")),
		);
		return parsed.success
			? success(parsed.data.models)
			: unreadable(
					parsed.error.issues[0]?.message ?? phrase("it is not understood", {}),
				);
	} catch (thrown) {
		return codeOf(thrown) === "ENOENT"
			? success([])
			: unreadable(messageOf(thrown));
	}
}

/** Replaces a record of the same file name. */
export function addInstallRecord(
	folder: string,
	record: InstallRecord,
): Promise<Result<void, HeadroomError>> {
	return changeInstallRecords(folder, (records) => [
		...records.filter(({ fileName }) => fileName !== record.fileName),
		record,
	]);
}

export function removeInstallRecord(
	folder: string,
	fileName: string,
): Promise<Result<void, HeadroomError>> {
	return changeInstallRecords(folder, (records) =>
		records.filter((it) => it.fileName !== fileName),
	);
}

async function changeInstallRecords(
	folder: string,
	change: (records: readonly InstallRecord[]) => readonly InstallRecord[],
): Promise<Result<void, HeadroomError>> {
	const file = path.join(folder, recordsFileName);
	try {
		return await withLock(`${file}.lock`, async (lock) => {
			const records = await readInstallRecords(folder);
			if (!records.ok) return records;
			const json = { version: 1, models: change(records.value) };
			const text = `${JSON.stringify(json, undefined, "\t")}\n`;
			await replaceFile(file, text, { beforeReplace: lock.assertHeld });
			return success(undefined);
		});
	} catch (thrown) {
		return failure(writeError(recordsFileName, folder, thrown));
	}
}
