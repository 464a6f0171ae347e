/** Looks at a model file before llama.cpp does, and says what is wrong with it in one sentence. */

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { failure, type Result } from "../base/result.ts";
import { type ByteSource, readGgufHeader } from "../memory/ggufHeader.ts";
import { createError, type HeadroomError } from "../protocol/errors.ts";
import {
	describeHeader,
	type ModelFile,
	openError,
	problemError,
} from "./describeHeader.ts";

export type { ModelFile };

export type ReadModelFile = (file: string) => Result<ModelFile, HeadroomError>;

export const readModelFile: ReadModelFile = (file) => {
	let descriptor: number | undefined;
	try {
		descriptor = openSync(file, "r");
		const stat = fstatSync(descriptor);
		if (!stat.isFile())
			return failure(
				createError("modelUnreadable", { file, why: "it is not a file" }),
			);
		const header = readGgufHeader(fileSource(descriptor, stat.size));
		if (!header.ok) return failure(problemError(file, header.error));
		return describeHeader(header.value, file, stat.size);
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
