/** SHA-256 of files that are larger than memory. */

import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";

/** One read from a disk: larger ones are no faster. */
const chunkBytes = 2 ** 20;

/** The content in chunks of a megabyte. Rejects when the signal aborts. */
export function readChunks(
	file: string,
	signal?: AbortSignal,
): AsyncIterable<Uint8Array> {
	return createReadStream(file, {
		highWaterMark: chunkBytes,
		...(signal && { signal }),
	});
}

/** Adds the content of the file to the hash. Rejects when the signal aborts. */
export async function hashInto(
	hash: Hash,
	file: string,
	signal?: AbortSignal,
	onBytes: (bytes: number) => void = () => {},
): Promise<void> {
	for await (const chunk of readChunks(file, signal)) {
		hash.update(chunk);
		onBytes(chunk.length);
	}
}

/** In hexadecimal, lower case. `onBytes` gets the size of each chunk. Rejects when the signal aborts. */
export async function sha256Of(
	file: string,
	signal?: AbortSignal,
	onBytes?: (bytes: number) => void,
): Promise<string> {
	const hash = createHash("sha256");
	await hashInto(hash, file, signal, onBytes);
	return hash.digest("hex");
}
