/** Disk operations for large files: free space, writing, and moving a file to a name that is not taken. */

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

export const openFile: OpenSink = (file, flags) => fs.open(file, flags);

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
