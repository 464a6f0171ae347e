/** `models.json` in the folder of the models: what the extension itself put there, and may therefore remove. */

import fs from "node:fs/promises";
import path from "node:path";
import * as z from "zod/mini";
import { failure, type Result, success } from "../../base/result.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../../protocol/errors.ts";
import { replaceFile } from "../../storage/atomicFile.ts";
import { codeOf, writeError } from "../../storage/fileErrors.ts";
import { withLock } from "../../storage/lock.ts";

export const LedgerEntry = z.readonly(
	z.object({
		/** In the folder of the ledger. */
		fileName: z.string(),
		sizeBytes: z.number(),
		/** In lower case; null where the file was linked and nobody asked. */
		sha256: z.nullable(z.string()),
		how: z.enum(["downloaded", "copied", "hardLinked", "symlinked"]),
		/** A URL or a path. */
		source: z.string(),
		addedAt: z.iso.datetime(),
	}),
);
export type LedgerEntry = z.infer<typeof LedgerEntry>;

const Ledger = z.object({
	version: z.literal(1),
	models: z.readonly(z.array(LedgerEntry)),
});

const ledgerName = "models.json";

export async function readLedger(
	folder: string,
): Promise<Result<readonly LedgerEntry[], HeadroomError>> {
	const file = path.join(folder, ledgerName);
	const unreadable = (why: string) =>
		failure(createError("ledgerUnreadable", { file, why }));
	try {
		const parsed = Ledger.safeParse(
			JSON.parse(await fs.readFile(file, "utf8")),
		);
		return parsed.success
			? success(parsed.data.models)
			: unreadable(parsed.error.issues[0]?.message ?? "it is not understood");
	} catch (thrown) {
		return codeOf(thrown) === "ENOENT"
			? success([])
			: unreadable(messageOf(thrown));
	}
}

/** In place of an entry for the same name. */
export function addToLedger(
	folder: string,
	entry: LedgerEntry,
): Promise<Result<void, HeadroomError>> {
	return changeLedger(folder, (entries) => [
		...entries.filter(({ fileName }) => fileName !== entry.fileName),
		entry,
	]);
}

export function removeFromLedger(
	folder: string,
	fileName: string,
): Promise<Result<void, HeadroomError>> {
	return changeLedger(folder, (entries) =>
		entries.filter((it) => it.fileName !== fileName),
	);
}

async function changeLedger(
	folder: string,
	change: (entries: readonly LedgerEntry[]) => readonly LedgerEntry[],
): Promise<Result<void, HeadroomError>> {
	const file = path.join(folder, ledgerName);
	try {
		return await withLock(`${file}.lock`, async () => {
			const entries = await readLedger(folder);
			if (!entries.ok) return entries;
			const ledger = { version: 1, models: change(entries.value) };
			await replaceFile(file, `${JSON.stringify(ledger, undefined, "\t")}\n`);
			return success(undefined);
		});
	} catch (thrown) {
		return failure(writeError(ledgerName, folder, thrown));
	}
}
