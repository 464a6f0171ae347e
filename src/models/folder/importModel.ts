/** Imports models from a file or a folder, such as a USB drive, into the models folder. Never changes the source. */

import fs from "node:fs/promises";
import path from "node:path";
import { failure, type Result, success } from "../../base/result.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../../protocol/errors.ts";
import { codeOf, writeError } from "../../storage/fileErrors.ts";
import {
	type ImportedFile,
	type ImportOptions,
	importFile,
} from "./importFile.ts";
import { readInstallRecords } from "./installRecords.ts";

export interface ImportRequest extends ImportOptions {
	/** A file, or a folder whose models are all imported. */
	readonly source: string;
}

export interface ImportOutcome {
	/** In the order of their paths; without those not reached before the import was canceled. */
	readonly files: readonly ImportedFile[];
	readonly cancelled: boolean;
}

/** Deep enough for `publisher/model/file` below the selected folder. */
const maxDepth = 3;
/** In case the folder is a whole disk. */
const maxEntries = 20_000;

export async function importModels(
	request: ImportRequest,
): Promise<Result<ImportOutcome, HeadroomError>> {
	const { folder, signal, source } = request;
	const found = await modelFilesIn(source);
	if (!found.ok) return found;
	try {
		await fs.mkdir(folder, { recursive: true });
	} catch (thrown) {
		return failure(writeError(path.basename(source), folder, thrown));
	}
	// Before gigabytes are copied whose record could not be written.
	const records = await readInstallRecords(folder);
	if (!records.ok) return records;
	const files: ImportedFile[] = [];
	for (const file of found.value) {
		const imported = signal.aborted
			? undefined
			: await importFile(path.resolve(file), request);
		if (!imported) return success({ files, cancelled: true });
		files.push(imported);
	}
	return success({ files, cancelled: false });
}

async function modelFilesIn(
	source: string,
): Promise<Result<readonly string[], HeadroomError>> {
	try {
		if (!(await fs.stat(source)).isDirectory()) return success([source]);
		const found: string[] = [];
		await collect(source, maxDepth, { left: maxEntries }, found);
		return found.length === 0
			? failure(createError("importEmpty", { folder: source }))
			: success(found);
	} catch (thrown) {
		return failure(
			codeOf(thrown) === "ENOENT"
				? createError("modelMissing", { file: source })
				: createError("modelUnreadable", {
						file: source,
						why: messageOf(thrown),
					}),
		);
	}
}

async function collect(
	folder: string,
	depth: number,
	entries: { left: number },
	found: string[],
): Promise<void> {
	const listed = await fs.readdir(folder, { withFileTypes: true });
	listed.sort((a, b) => (a.name < b.name ? -1 : 1));
	for (const entry of listed) {
		if (entries.left-- <= 0) return;
		const file = path.join(folder, entry.name);
		// Links to folders are not followed: they may be circular.
		if (entry.isDirectory()) {
			if (depth > 0) await collect(file, depth - 1, entries, found);
		} else if (/\.gguf$/i.test(entry.name)) found.push(file);
	}
}
