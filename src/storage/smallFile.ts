/** Reads small text files, up to a limit. */

import { readFile, stat } from "node:fs/promises";

/** Rejects where the file cannot be read, is no regular file or is larger than the limit. */
export async function readSmallFile(
	file: string,
	maxBytes: number,
): Promise<string> {
	// Before it is opened: opening a pipe blocks until someone writes to it.
	const stats = await stat(file);
	if (!stats.isFile()) throw new Error("it is not a file");
	if (stats.size > maxBytes)
		throw new Error(`it has more than ${maxBytes} bytes`);
	return await readFile(file, "utf8");
}
