/** Reads the header of a model file asynchronously, and no more of the file than that. */

import { type FileHandle, open } from "node:fs/promises";
import { failure, type Result, success } from "../../base/result.ts";
import {
	type ByteSource,
	type GgufHeader,
	type GgufProblem,
	maxHeaderBytes,
	readGgufHeader,
} from "../../gguf/ggufHeader.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import { notAFile, openError, problemError } from "./describeHeader.ts";
import { openForReading } from "./modelFile.ts";

export interface ReadHeader {
	readonly header: GgufHeader;
	readonly fileBytes: number;
	/** The start of the file, at least to the end of the header; contains the vocabulary. */
	readonly front: Buffer;
}

/** The magic number and the first window that the parser reads. A vocabulary of 32,000 tokens fits; one of 150,000 has some 6 MB. */
const firstFrontBytes = 4 + 1024 * 1024;

/** Never rejects. */
export async function readHeader(
	file: string,
): Promise<Result<ReadHeader, HeadroomError>> {
	let handle: FileHandle | undefined;
	try {
		handle = await open(file, openForReading);
		const stat = await handle.stat();
		if (!stat.isFile()) return failure(notAFile(file));
		const read = await readGrowingFront(handle, stat.size);
		return read.ok ? read : failure(problemError(file, read.error));
	} catch (thrown) {
		return failure(openError(file, thrown));
	} finally {
		await handle?.close();
	}
}

/**
 * The parser is synchronous, so it gets the front of the file in memory, and at least twice as much whenever that is too short: all attempts
 * together cost less than two full ones, and the event loop runs in between.
 */
async function readGrowingFront(
	handle: FileHandle,
	fileBytes: number,
): Promise<Result<ReadHeader, GgufProblem>> {
	let front: Buffer = Buffer.alloc(0);
	let wantedBytes = firstFrontBytes;
	for (;;) {
		front = await extend(handle, front, Math.min(wantedBytes, fileBytes));
		const attempt = parseFront(front, fileBytes);
		if (!("neededBytes" in attempt))
			return attempt.ok
				? success({ header: attempt.value, fileBytes, front })
				: attempt;
		wantedBytes = Math.max(
			Math.min(2 * front.length, maxHeaderBytes),
			// Within the limit of the parser, too, but for the rest of its last window.
			attempt.neededBytes,
		);
	}
}

async function extend(
	handle: FileHandle,
	front: Buffer,
	toBytes: number,
): Promise<Buffer> {
	const bytes = Buffer.alloc(toBytes);
	let filled = front.copy(bytes);
	while (filled < toBytes) {
		const { bytesRead } = await handle.read(
			bytes,
			filled,
			toBytes - filled,
			filled,
		);
		// The file was truncated meanwhile. The rest stays zero, and the next listing finds the new size.
		if (bytesRead === 0) break;
		filled += bytesRead;
	}
	return bytes;
}

function parseFront(
	front: Buffer,
	sizeBytes: number,
): Result<GgufHeader, GgufProblem> | { readonly neededBytes: number } {
	const source: ByteSource = {
		sizeBytes,
		read(offset, lengthBytes) {
			const end = Math.min(offset + lengthBytes, sizeBytes);
			if (end > front.length) throw new FrontTooShort(end);
			return front.subarray(offset, end);
		},
	};
	try {
		return readGgufHeader(source);
	} catch (thrown) {
		if (thrown instanceof FrontTooShort)
			return { neededBytes: thrown.neededBytes };
		throw thrown;
	}
}

/** Thrown through the parser, and caught in this file. */
class FrontTooShort extends Error {
	constructor(readonly neededBytes: number) {
		super();
	}
}
