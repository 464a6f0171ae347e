/** Checks a model file before llama.cpp reads it, and describes it or its error. */

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { failure, type Result, success } from "../../base/result.ts";
import { phrase } from "../../base/sentence.ts";
import { type ByteSource, readGgufHeader } from "../../gguf/ggufHeader.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";
import {
	describeHeader,
	type ModelFile,
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

export const readModelFile: ReadModelFile = (file) => {
	let descriptor: number | undefined;
	try {
		descriptor = openSync(file, "r");
		const stat = fstatSync(descriptor);
		if (!stat.isFile())
			return failure(
				createError("modelUnreadable", {
					file,
					why: phrase("it is not a file", {}),
				}),
			);
		const source = fileSource(descriptor, stat.size);
		const header = readGgufHeader(source);
		if (!header.ok) return failure(problemError(file, header.error));
		const front = source.read(0, header.value.dataOffsetBytes);
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
