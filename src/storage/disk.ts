/** Disk operations for large files: free space, writing, and moving a file to a name that is not taken. */

import { constants, type Stats } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import { syncFolder } from "./atomicFile.ts";
import { codeOf } from "./fileErrors.ts";

/** Bytes free for this user on the disk of the folder. */
export type FreeBytes = (folder: string) => Promise<number>;

export const freeBytesOf: FreeBytes = async (folder) => {
	const { bavail, bsize } = await fs.statfs(folder);
	return bavail * bsize;
};

/** The part of a file handle that writes; tests put a full disk in its place. */
export interface Sink {
	write(bytes: Uint8Array): Promise<{ readonly bytesWritten: number }>;
	sync(): Promise<void>;
	close(): Promise<void>;
}

export type OpenSink = (file: string, flags: "a" | "wx") => Promise<Sink>;

/** Neither follows a symbolic link under that name nor writes through a second name of another file, which others may have put there. */
export const openFile: OpenSink = async (file, flags) => {
	// Creates the file or fails, whatever has the name.
	if (flags === "wx") return await fs.open(file, flags);
	const {
		O_WRONLY,
		O_APPEND,
		O_CREAT,
		O_NOFOLLOW = 0,
		O_NONBLOCK = 0,
	} = constants;
	// Windows cannot open it like that, and few may create links there.
	if (O_NOFOLLOW === 0 && (await isForeign(file))) throw linkError(file);
	const handle = await fs.open(
		file,
		O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK,
		0o666,
	);
	if (isOwnFile(await handle.stat())) return handle;
	await handle.close();
	throw linkError(file);
};

/** Whether something has this name that is not a file with this name alone: a link, a pipe, a folder. */
export async function isForeign(file: string): Promise<boolean> {
	try {
		return !isOwnFile(await fs.lstat(file));
	} catch (thrown) {
		if (codeOf(thrown) === "ENOENT") return false;
		throw thrown;
	}
}

/** Some file systems do not count names. */
function isOwnFile(stats: Stats): boolean {
	return stats.isFile() && stats.nlink <= 1;
}

function linkError(file: string): Error {
	return Object.assign(
		new Error(`ELOOP: ${path.basename(file)} is a link, or no file`),
		{ code: "ELOOP" },
	);
}

export async function writeWhole(sink: Sink, bytes: Uint8Array): Promise<void> {
	for (let at = 0; at < bytes.length; ) {
		const { bytesWritten } = await sink.write(bytes.subarray(at));
		at += bytesWritten;
	}
}

/** Renames the file, unless the name is taken. Both paths must be in the same folder. */
export async function moveIntoPlace(
	from: string,
	to: string,
): Promise<"moved" | "taken"> {
	try {
		// Unlike a rename, a link never replaces a file that was created meanwhile.
		await fs.link(from, to);
	} catch {
		if (await exists(to)) return "taken";
		// File systems without hard links, such as FAT and some network drives.
		await fs.rename(from, to);
	}
	await fs.rm(from, { force: true });
	await syncFolder(path.dirname(to));
	return "moved";
}

/** True also for a dangling symbolic link: its name is taken. */
export async function exists(file: string): Promise<boolean> {
	return (await sizeOf(file)) !== undefined;
}

/** Undefined where the file does not exist. Of a symbolic link, the size of the link. */
export async function sizeOf(file: string): Promise<number | undefined> {
	try {
		return (await fs.lstat(file)).size;
	} catch (thrown) {
		if (codeOf(thrown) === "ENOENT") return undefined;
		throw thrown;
	}
}
