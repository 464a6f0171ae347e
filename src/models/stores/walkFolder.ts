/** Lists a folder recursively, up to a depth and a number of entries, and follows no link cycle. */

import { opendir, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { inParallel } from "../../base/inParallel.ts";
import { codeOf, readFailureReason } from "../../storage/fileErrors.ts";

/** A path that was skipped, and the reason as the end of a sentence. */
export interface Skipped {
	readonly path: string;
	readonly why: string;
}

export interface Walk {
	/** Absolute paths, links as they are named; in order of depth, then name. */
	readonly files: readonly string[];
	/** The folders that were read, to be watched. */
	readonly folders: readonly string[];
	readonly skipped: readonly Skipped[];
}

export interface WalkLimits {
	/** Levels of subfolders; 0 stays in the root. */
	readonly depth: number;
	/** The total number of entries after which the walk ends. */
	readonly entries: number;
	/** By name; a link with such a name counts as a file, unchecked. */
	readonly wantsFile: (name: string) => boolean;
	readonly wantsFolder: (name: string) => boolean;
}

/** Node has four threads for file access; more parallel reads gain nothing. */
const foldersAtOnce = 16;

/** A missing folder counts as empty; an unreadable one is reported in `skipped`. */
export async function walkFolder(
	root: string,
	limits: WalkLimits,
): Promise<Walk> {
	const files: string[] = [];
	const folders: string[] = [];
	const skipped: Skipped[] = [];
	const visited = new Set<string>();
	let entriesLeft = limits.entries;
	let level = [root];
	for (let depth = 0; depth <= limits.depth && level.length > 0; depth++) {
		const listings = await inParallel(level, foldersAtOnce, (folder) =>
			listFolder(folder, entriesLeft, limits),
		);
		level = [];
		for (const listing of listings) {
			if ("why" in listing) skipped.push(listing);
			// The same folder by another path, such as a link to a parent.
			if (!("realPath" in listing) || visited.has(listing.realPath)) continue;
			visited.add(listing.realPath);
			folders.push(listing.path);
			files.push(...listing.files);
			level.push(...listing.folders);
			entriesLeft -= listing.entries;
			if (entriesLeft > 0) continue;
			skipped.push({
				path: root,
				why: `it has more than ${limits.entries} entries`,
			});
			return { files, folders, skipped };
		}
	}
	return { files, folders, skipped };
}

interface Listing {
	readonly path: string;
	readonly realPath: string;
	readonly files: readonly string[];
	readonly folders: readonly string[];
	readonly entries: number;
}

async function listFolder(
	folder: string,
	maxEntries: number,
	{ wantsFile, wantsFolder }: WalkLimits,
): Promise<Listing | Skipped | { readonly gone: true }> {
	const files: string[] = [];
	const folders: string[] = [];
	const links: string[] = [];
	let entries = 0;
	try {
		const realPath = await realpath(folder);
		for await (const entry of await opendir(folder, { bufferSize: 512 })) {
			const { name } = entry;
			const file = path.join(folder, name);
			if (entry.isDirectory()) {
				if (wantsFolder(name)) folders.push(file);
			} else if (entry.isFile()) {
				if (wantsFile(name)) files.push(file);
			} else if (entry.isSymbolicLink()) {
				if (wantsFile(name)) files.push(file);
				else if (wantsFolder(name)) links.push(file);
			}
			entries++;
			if (entries >= maxEntries) break;
		}
		const linked = await inParallel(links, 4, isFolder);
		folders.push(...links.filter((_, index) => linked[index]));
		return {
			path: folder,
			realPath,
			// File systems list entries in no particular order.
			files: files.sort(),
			folders: folders.sort(),
			entries,
		};
	} catch (thrown) {
		return codeOf(thrown) === "ENOENT"
			? { gone: true }
			: { path: folder, why: readFailureReason(thrown) };
	}
}

async function isFolder(file: string): Promise<boolean> {
	try {
		return (await stat(file)).isDirectory();
	} catch {
		return false;
	}
}
