/** Whether the models of the catalog are downloaded: completely, partly, or not at all. */

import path from "node:path";
import { exists, sizeOf } from "../../storage/disk.ts";
import { PartFile } from "../download/partFile.ts";
import {
	type InstallRecord,
	readInstallRecords,
} from "../folder/installRecords.ts";
import type { CatalogEntry } from "./catalog.ts";

export type DownloadState =
	| { readonly kind: "complete"; readonly file: string }
	/** An interrupted download that can be resumed. */
	| { readonly kind: "partial"; readonly doneBytes: number }
	| { readonly kind: "none" };

/** In the order of the entries. Unreadable install records or folders count as empty: the download reports the error. */
export async function downloadStates(
	folder: string,
	entries: readonly CatalogEntry[],
): Promise<readonly DownloadState[]> {
	const records = await readInstallRecords(folder);
	const listed = records.ok ? records.value : [];
	return await Promise.all(
		entries.map((entry) =>
			downloadStateOf(folder, entry, listed).catch(
				() => ({ kind: "none" }) as const,
			),
		),
	);
}

async function downloadStateOf(
	folder: string,
	entry: CatalogEntry,
	listed: readonly InstallRecord[],
): Promise<DownloadState> {
	const own = listed.find((it) => isSame(it, entry));
	if (own) {
		const file = path.join(folder, own.fileName);
		if (await exists(file)) return { kind: "complete", file };
	}
	const doneBytes = await sizeOf(new PartFile(folder, entry.fileName).file);
	return doneBytes ? { kind: "partial", doneBytes } : { kind: "none" };
}

/** By hash where it is known, because an imported file may have another name. */
function isSame(
	listed: InstallRecord,
	{ sha256, fileName }: CatalogEntry,
): boolean {
	return sha256 !== null && listed.sha256 !== null
		? listed.sha256 === sha256
		: listed.fileName === fileName;
}
