/** Replaces files atomically: readers see the old content or the new, whatever happens in between. */

import { randomUUID } from "node:crypto";
import {
	closeSync,
	fsyncSync,
	mkdirSync,
	openSync,
	renameSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { mkdir, open, rm } from "node:fs/promises";
import path from "node:path";
import { privateFileMode, privateFolderMode } from "./privateFiles.ts";

export interface ReplaceOptions {
	/** Only the user may read the file, and its folder if that is created here. */
	readonly isPrivate?: boolean;
	/** Called right before the file is replaced; where it returns true, the file stays as it is. */
	readonly isStale?: () => boolean;
	/** Called right before that; where it throws, the file stays as it is, and the promise rejects with it. */
	readonly beforeReplace?: () => void;
}

/** Creates the folder of the file where it is missing. Rejects where the file cannot be written, which leaves the old one. */
export async function replaceFile(
	file: string,
	text: string,
	{
		isPrivate = false,
		isStale = () => false,
		beforeReplace = () => {},
	}: ReplaceOptions = {},
): Promise<void> {
	await mkdir(path.dirname(file), {
		recursive: true,
		...(isPrivate && { mode: privateFolderMode }),
	});
	const temporary = temporaryFileFor(file);
	try {
		const mode = isPrivate ? privateFileMode : undefined;
		const handle = await open(temporary, "wx", mode);
		try {
			await handle.writeFile(text);
			await handle.sync();
		} finally {
			await handle.close();
		}
		beforeReplace();
		// Synchronous, so that nothing comes between the check and the rename.
		if (isStale()) await rm(temporary, { force: true });
		else renameSync(temporary, file);
	} catch (thrown) {
		await rm(temporary, { force: true }).catch(() => {});
		throw thrown;
	}
}

/** Like `replaceFile`, for the moment before the process ends. */
export function replaceFileSync(file: string, text: string): void {
	mkdirSync(path.dirname(file), { recursive: true });
	const temporary = temporaryFileFor(file);
	try {
		const handle = openSync(temporary, "wx");
		try {
			writeFileSync(handle, text);
			fsyncSync(handle);
		} finally {
			closeSync(handle);
		}
		renameSync(temporary, file);
	} catch (thrown) {
		rmSync(temporary, { force: true });
		throw thrown;
	}
}

/** A new name each time, because another window may write the same file; in the same folder, because a rename stays within a file system. */
export function temporaryFileFor(file: string): string {
	return `${file}.${randomUUID()}.tmp`;
}

/** A rename survives a power loss only once its folder is written too. Windows cannot open folders for that, and need not. */
export async function syncFolder(folder: string): Promise<void> {
	if (process.platform === "win32") return;
	const handle = await open(folder, "r");
	try {
		await handle.sync().catch(() => {});
	} finally {
		await handle.close();
	}
}
