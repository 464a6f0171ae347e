/** What writing large files needs of a disk: room, files that appear whole or not at all, and errors a user understands. */

import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import { formatBytes } from "../base/units.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../protocol/errors.ts";

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

/** Piecewise, as large as one read from a disk is worth: the files are larger than memory. */
const pieceBytes = 2 ** 20;

export function readPieces(
	file: string,
	signal: AbortSignal,
): AsyncIterable<Uint8Array> {
	return createReadStream(file, { highWaterMark: pieceBytes, signal });
}

/** Adds what the file holds to the hash. Rejects when the signal aborts. */
export async function hashInto(
	hash: Hash,
	file: string,
	signal: AbortSignal,
	onBytes: (bytes: number) => void = () => {},
): Promise<void> {
	for await (const piece of readPieces(file, signal)) {
		hash.update(piece);
		onBytes(piece.length);
	}
}

export async function sha256Of(
	file: string,
	signal: AbortSignal,
): Promise<string> {
	const hash = createHash("sha256");
	await hashInto(hash, file, signal);
	return hash.digest("hex");
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

/** Readers see the old text or the new one, whatever happens in between. */
export async function writeAtomically(
	file: string,
	text: string,
): Promise<void> {
	const temporary = `${file}.${process.pid}.tmp`;
	try {
		const handle = await fs.open(temporary, "w");
		try {
			await handle.writeFile(text);
			await handle.sync();
		} finally {
			await handle.close();
		}
		await fs.rename(temporary, file);
	} catch (thrown) {
		await fs.rm(temporary, { force: true });
		throw thrown;
	}
}

/** A name survives a loss of power only when its folder was written too. Windows cannot, and need not, open folders for that. */
async function syncFolder(folder: string): Promise<void> {
	if (process.platform === "win32") return;
	const handle = await fs.open(folder, "r");
	try {
		await handle.sync().catch(() => {});
	} finally {
		await handle.close();
	}
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

export function codeOf(thrown: unknown): string | undefined {
	return (thrown as NodeJS.ErrnoException | undefined)?.code;
}

export function roomError(
	file: string,
	folder: string,
	bytes: { readonly free: number; readonly needed: number },
): HeadroomError {
	return createError("diskTooSmall", {
		file,
		folder,
		free: formatBytes(bytes.free),
		needed: formatBytes(bytes.needed),
	});
}

/** What an exception of the file system says about writing the file. */
export function writeError(
	file: string,
	folder: string,
	thrown: unknown,
): HeadroomError {
	const code = codeOf(thrown);
	if (code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG")
		return createError("diskFull", { file, folder });
	const why =
		code === "EACCES" || code === "EPERM"
			? "permission was denied"
			: code === "EROFS"
				? "it can only be read"
				: messageOf(thrown);
	return createError("folderUnusable", { folder, why });
}
