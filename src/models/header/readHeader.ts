/** Reads the header of a model file asynchronously, and no more of the file than that. */

import { type FileHandle, open } from "node:fs/promises";
import { failure, type Result, success } from "../../base/result.ts";
import { phrase } from "../../base/sentence.ts";
import {
	type ByteSource,
	type GgufHeader,
	type GgufProblem,
	readGgufHeader,
} from "../../gguf/ggufHeader.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";
import { openError, problemError } from "./describeHeader.ts";

export interface ReadHeader {
	readonly header: GgufHeader;
	readonly fileBytes: number;
	/** The start of the file, at least to the end of the header; contains the vocabulary. */
	readonly front: Buffer;
}

/** The magic number and the first window that the parser reads. A vocabulary of 32,000 tokens fits; one of 150,000 has some 6 MB. */
const firstFrontBytes = 4 + 1024 * 1024;
/** The largest vocabularies, of 260,000 tokens with their merges, take half of it. */
const maxFrontBytes = 32 * 1024 * 1024;

/** Never rejects. */
export async function readHeader(
	file: string,
): Promise<Result<ReadHeader, HeadroomError>> {
	let handle: FileHandle | undefined;
	try {
		handle = await open(file, "r");
		const stat = await handle.stat();
		if (!stat.isFile())
			return failure(
				createError("modelUnreadable", {
					file,
					why: phrase("it is not a file", {}),
				}),
			);
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
		if (attempt.neededBytes > maxFrontBytes)
			return failure({
				kind: "corrupt",
				why: phrase("its header has no end", {}),
			});
		wantedBytes = Math.min(
			Math.max(2 * front.length, attempt.neededBytes),
			maxFrontBytes,
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
