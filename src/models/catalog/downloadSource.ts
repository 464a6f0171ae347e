/** Resolves a catalog entry and the download settings to a URL. */

import { hostsWithMirror, onMirror } from "../download/hosts.ts";
import type { RemoteFile } from "../download/remoteFile.ts";
import { type CatalogEntry, catalogUrl } from "./catalog.ts";

export interface DownloadRoute {
	/** URL of an HTTP proxy; empty to use VS Code's settings. */
	readonly proxy: string;
	/** Base URL of a mirror of Hugging Face; empty for Hugging Face itself. */
	readonly mirror: string;
}

export interface DownloadSource extends RemoteFile {
	/** The host that is contacted first, to show it for confirmation. */
	readonly host: string;
}

export function downloadSource(
	entry: CatalogEntry,
	{ proxy, mirror }: DownloadRoute,
): DownloadSource {
	const original = catalogUrl(entry);
	const url = mirror === "" ? original : onMirror(original, mirror);
	return {
		url,
		allowedHosts: hostsWithMirror(mirror),
		...(proxy !== "" && { proxy }),
		fileName: entry.fileName,
		host: URL.canParse(url) ? new URL(url).host : url,
	};
}
