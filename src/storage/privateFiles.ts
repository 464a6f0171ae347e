/** Files that only the user may read. */

import { constants, copyFile, mkdir, rm } from "node:fs/promises";
import { codeOf } from "./fileErrors.ts";

export const privateFileMode = 0o600;
export const privateFolderMode = 0o700;

export async function makePrivateFolder(folder: string): Promise<void> {
	await mkdir(folder, { recursive: true, mode: privateFolderMode });
}

/** Copies the file beside itself under a free name, which is returned. */
export async function keepAside(file: string): Promise<string> {
	for (let number = 1; ; number++) {
		const kept = `${file}${number > 1 ? `.${number}` : ""}.broken`;
		try {
			await copyFile(file, kept, constants.COPYFILE_EXCL);
			return kept;
		} catch (thrown) {
			if (codeOf(thrown) === "EEXIST") continue;
			// Part of a copy, where the disk is full.
			await rm(kept, { force: true });
			throw thrown;
		}
	}
}
