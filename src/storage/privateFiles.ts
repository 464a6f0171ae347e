/** Files that only the user may read. */

import type { Stats } from "node:fs";
import { constants, copyFile, mkdir, open, stat } from "node:fs/promises";
import { codeOf } from "./fileErrors.ts";

export const privateFileMode = 0o600;
export const privateFolderMode = 0o700;

export async function makePrivateFolder(folder: string): Promise<void> {
	await mkdir(folder, { recursive: true, mode: privateFolderMode });
}

/** Which file it is, and how much it holds: to notice that another window put another in its place. */
export interface FileState {
	readonly inode: number;
	/** A file may get the inode of one that was deleted. */
	readonly bornAtMs: number;
	readonly sizeBytes: number;
}

/** Undefined where there is no such file. */
export async function fileState(file: string): Promise<FileState | undefined> {
	try {
		return stateOf(await stat(file));
	} catch (thrown) {
		if (codeOf(thrown) === "ENOENT") return undefined;
		throw thrown;
	}
}

/** In one write, so that what two windows append stands one after the other. Undefined where it is not the file that is expected. */
export async function appendToPrivateFile(
	file: string,
	text: string,
	expected: FileState,
): Promise<FileState | undefined> {
	// Without O_CREAT: a file that was deleted stays so.
	const handle = await open(
		file,
		constants.O_WRONLY | constants.O_APPEND,
	).catch((thrown) => {
		if (codeOf(thrown) === "ENOENT") return undefined;
		throw thrown;
	});
	if (!handle) return undefined;
	try {
		const found = stateOf(await handle.stat());
		const isExpected =
			found.inode === expected.inode &&
			found.bornAtMs === expected.bornAtMs &&
			found.sizeBytes >= expected.sizeBytes;
		if (!isExpected) return undefined;
		const { bytesWritten } = await handle.write(text);
		if (bytesWritten !== Buffer.byteLength(text))
			throw new Error("the disk is full");
		return stateOf(await handle.stat());
	} finally {
		await handle.close();
	}
}

/** A copy beside it, with a name that is free. Returns that name. */
export async function keepAside(file: string): Promise<string> {
	for (let number = 1; ; number++) {
		const kept = `${file}${number > 1 ? `.${number}` : ""}.broken`;
		try {
			await copyFile(file, kept, constants.COPYFILE_EXCL);
			return kept;
		} catch (thrown) {
			if (codeOf(thrown) !== "EEXIST") throw thrown;
		}
	}
}

function stateOf({ ino, birthtimeMs, size }: Stats): FileState {
	return { inode: ino, bornAtMs: birthtimeMs, sizeBytes: size };
}
