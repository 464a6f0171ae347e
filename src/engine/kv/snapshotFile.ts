/**
 * A KV snapshot on disk, and the companion beside it that describes it. Both hold text of the user, as tokens: only the user may read them.
 *
 * Invariant: llama.cpp only reads a file that an engine wrote completely and that has not changed since, because it may crash on any other.
 * While a snapshot is read it has another name, so one that crashes the process does so only once.
 */

import { existsSync } from "node:fs";
import {
	chmod,
	mkdir,
	readdir,
	rename,
	rm,
	stat,
	writeFile,
} from "node:fs/promises";
import path from "node:path";
import { replaceFile, temporaryFileFor } from "../../storage/atomicFile.ts";
import { codeOf } from "../../storage/fileErrors.ts";
import {
	privateFileMode,
	privateFolderMode,
} from "../../storage/privateFiles.ts";
import { sha256Of } from "../../storage/sha256.ts";
import { readSmallFile } from "../../storage/smallFile.ts";
import type { KvCache } from "./kvCache.ts";

/** A snapshot that is written, and has no companion yet. */
export interface UnnamedSnapshot {
	readonly temporary: string;
	readonly bytes: number;
}

export function companionOf(file: string): string {
	return `${file}.json`;
}

/** Writes the state of the cache beside the file. Quick: the cache must not change meanwhile. */
export async function saveBeside(
	file: string,
	cache: KvCache,
): Promise<UnnamedSnapshot> {
	const temporary = temporaryFileFor(file);
	await mkdir(path.dirname(file), { recursive: true, mode: privateFolderMode });
	try {
		// llama.cpp would create the file readable for all.
		await writeFile(temporary, "", { mode: privateFileMode, flag: "wx" });
		await cache.saveState(temporary);
		await chmod(temporary, privateFileMode);
		return { temporary, bytes: (await stat(temporary)).size };
	} catch (thrown) {
		await rm(temporary, { force: true });
		throw thrown;
	}
}

/** Gives a snapshot its name, and its companion after that: without one nothing reads it. */
export async function nameSnapshot(
	{ temporary }: UnnamedSnapshot,
	file: string,
	companionFor: (sha256: string) => unknown,
): Promise<void> {
	try {
		const companion = companionFor(await sha256Of(temporary));
		await rm(companionOf(file), { force: true });
		await rename(temporary, file);
		await replaceFile(companionOf(file), JSON.stringify(companion), {
			isPrivate: true,
		});
	} catch (thrown) {
		await rm(temporary, { force: true });
		throw thrown;
	}
}

/** The companion as JSON; undefined if it cannot be read. */
export async function readCompanion(
	file: string,
	maxBytes: number,
): Promise<unknown> {
	try {
		return JSON.parse(await readSmallFile(companionOf(file), maxBytes));
	} catch {
		return undefined;
	}
}

/**
 * Takes a snapshot off the disk and reads it, if it is the one that this hash describes.
 *
 * @param keep puts it back after it was read.
 * @returns whether it was read.
 */
export async function takeSnapshot(
	file: string,
	sha256: string,
	cache: KvCache,
	keep = false,
): Promise<boolean> {
	const taken = temporaryFileFor(file);
	try {
		await rename(file, taken);
		if (!keep) await rm(companionOf(file), { force: true });
		if ((await sha256Of(taken)) !== sha256) return false;
		await cache.loadState(taken);
		if (keep) await rename(taken, file);
		return true;
	} finally {
		await rm(taken, { force: true });
	}
}

export async function removeSnapshot(file: string): Promise<void> {
	await rm(file, { force: true });
	await rm(companionOf(file), { force: true });
}

/** Removes temporary files of processes that ended while saving. Another window that is saving right now loses its snapshot. */
export async function removeLeftovers(file: string): Promise<void> {
	const folder = path.dirname(file);
	const names = existsSync(folder) ? await readdir(folder) : [];
	const leftovers = names.filter(
		(it) => it.startsWith(`${path.basename(file)}.`) && it.endsWith(".tmp"),
	);
	for (const it of leftovers)
		await rm(path.join(folder, it), { force: true }).catch(() => {});
}

/** Only the code: a log holds no path and no text of the user's. */
export function snapshotProblem(thrown: unknown): string {
	return codeOf(thrown) ?? "unknown reason";
}
