/** Small files of text: read whole up to a limit, and replaced whole. */

import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";

/** Rejects where it cannot be read, is no file or is larger than the limit. */
export async function readSmallFile(
	file: string,
	maxBytes: number,
): Promise<string> {
	// Before it is opened: opening a pipe waits until someone writes into it.
	const look = await stat(file);
	if (!look.isFile()) throw new Error("it is not a file");
	if (look.size > maxBytes)
		throw new Error(`it has more than ${maxBytes} bytes`);
	return await readFile(file, "utf8");
}

/** Whoever reads it meanwhile sees the old text or the new one, never half of it. Makes its folder. */
export async function replaceFile(file: string, text: string): Promise<void> {
	await mkdir(path.dirname(file), { recursive: true });
	// Its own name each time: another window may be writing too.
	const temporary = `${file}.${randomUUID()}.tmp`;
	try {
		await writeFile(temporary, text);
		await rename(temporary, file);
	} catch (thrown) {
		await rm(temporary, { force: true });
		throw thrown;
	}
}
