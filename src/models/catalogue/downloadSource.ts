/** From an entry of the catalogue and the settings to where its file is fetched from. */

import { hostsWithMirror, onMirror } from "../download/hosts.ts";
import type { RemoteFile } from "../download/remoteFile.ts";
import { type CatalogueEntry, catalogueUrl } from "./catalogue.ts";

export interface DownloadRoute {
	/** URL of an HTTP proxy; empty where VS Code's own settings hold. */
	readonly proxy: string;
	/** Base URL of a mirror of Hugging Face; empty for Hugging Face itself. */
	readonly mirror: string;
}

export interface DownloadSource extends RemoteFile {
	/** Which is connected to first, for whoever decides on that. */
	readonly host: string;
}

export function downloadSource(
	entry: CatalogueEntry,
	{ proxy, mirror }: DownloadRoute,
): DownloadSource {
	const original = catalogueUrl(entry);
	const url = mirror === "" ? original : onMirror(original, mirror);
	return {
		url,
		allowedHosts: hostsWithMirror(mirror),
		...(proxy !== "" && { proxy }),
		fileName: entry.fileName,
		host: URL.canParse(url) ? new URL(url).host : url,
	};
}
