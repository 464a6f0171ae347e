/** What writing large files needs of a disk: free space, writers, and moving a file to a name that is not taken. */

import fs from "node:fs/promises";
import path from "node:path";
import { syncFolder } from "./atomicFile.ts";
import { codeOf } from "./fileErrors.ts";

/** Free for this user on the disk of the folder, in bytes. */
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

/** Gives the file its name, unless that is taken. Both lie in the same folder. */
export async function moveIntoPlace(
	from: string,
	to: string,
): Promise<"moved" | "taken"> {
	try {
		// Unlike a rename, this never takes the place of a file that appeared meanwhile.
		await fs.link(from, to);
	} catch {
		if (await exists(to)) return "taken";
		// Disks without hard links: FAT, and some that are shared.
		await fs.rename(from, to);
	}
	await fs.rm(from, { force: true });
	await syncFolder(path.dirname(to));
	return "moved";
}

/** True also for a symbolic link that leads nowhere: its name is taken. */
export async function exists(file: string): Promise<boolean> {
	return (await sizeOf(file)) !== undefined;
}

/** Undefined where there is nothing. Of a symbolic link, its own. */
export async function sizeOf(file: string): Promise<number | undefined> {
	try {
		return (await fs.lstat(file)).size;
	} catch (thrown) {
		if (codeOf(thrown) === "ENOENT") return undefined;
		throw thrown;
	}
}
