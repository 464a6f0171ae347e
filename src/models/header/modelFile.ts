/** Checks a model file before llama.cpp reads it, and describes it or its error. */

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { failure, type Result, success } from "../../base/result.ts";
import {
	type ByteSource,
	maxHeaderBytes,
	readGgufHeader,
} from "../../gguf/ggufHeader.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import {
	describeHeader,
	type ModelFile,
	notAFile,
	openError,
	problemError,
} from "./describeHeader.ts";
import { chatTemplateIn, traitsOf } from "./modelTraits.ts";

/** A model file with what only a load needs. */
export interface LoadableFile extends ModelFile {
	/** Jinja, up to some 20 KB: kept out of the description, which is part of every report. */
	readonly chatTemplate: string | null;
}

export type ReadModelFile = (
	file: string,
) => Result<LoadableFile, HeadroomError>;

/**
 * Opens a named pipe without waiting for someone to write to it, which would take a thread for good; what is no file is refused once it is open,
 * so that it cannot be exchanged in between. Windows has no such flag and no pipes among its files.
 */
export const openForReading = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

export const readModelFile: ReadModelFile = (file) => {
	let descriptor: number | undefined;
	try {
		descriptor = openSync(file, openForReading);
		const stat = fstatSync(descriptor);
		if (!stat.isFile()) return failure(notAFile(file));
		const source = fileSource(descriptor, stat.size);
		const header = readGgufHeader(source);
		if (!header.ok) return failure(problemError(file, header.error));
		const front = source.read(
			0,
			// The file says where its data begin.
			Math.min(header.value.dataOffsetBytes, maxHeaderBytes),
		);
		const traits = traitsOf(header.value, Buffer.from(front.buffer));
		const described = describeHeader(header.value, file, stat.size, traits);
		if (!described.ok) return described;
		const chatTemplate = chatTemplateIn(header.value);
		return success({ ...described.value, chatTemplate });
	} catch (thrown) {
		return failure(openError(file, thrown));
	} finally {
		if (descriptor !== undefined) closeSync(descriptor);
	}
};

function fileSource(descriptor: number, sizeBytes: number): ByteSource {
	return {
		sizeBytes,
		read(offset, lengthBytes) {
			const bytes = new Uint8Array(
				Math.max(0, Math.min(lengthBytes, sizeBytes - offset)),
			);
			let filled = 0;
			while (filled < bytes.length) {
				const read = readSync(
					descriptor,
					bytes,
					filled,
					bytes.length - filled,
					offset + filled,
				);
				if (read === 0) break;
				filled += read;
			}
			return bytes.subarray(0, filled);
		},
	};
}
