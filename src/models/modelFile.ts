/** Looks at a model file before llama.cpp does, and says what is wrong with it in one sentence. */

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import path from "node:path";
import { failure, type Result, success } from "../base/result.ts";
import { formatBytes } from "../base/units.ts";
import { ggmlType } from "../memory/ggmlType.ts";
import {
	type ByteSource,
	type GgufHeader,
	type GgufProblem,
	readGgufHeader,
} from "../memory/ggufHeader.ts";
import { describeModel } from "../memory/modelDescription.ts";
import {
	type ModelShape,
	type ShapeProblem,
	shapeOf,
} from "../memory/modelShape.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../protocol/errors.ts";
import type { ModelDescription } from "../protocol/model.ts";

export interface ModelFile {
	readonly description: ModelDescription;
	/** What its memory can be told from; a failure is no reason not to try it. */
	readonly shape: Result<ModelShape, ShapeProblem>;
}

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
		const refusal = unusable(header.value);
		if (refusal !== undefined)
			return failure(createError("modelRefused", { file, why: refusal }));
		return success({
			description: describeModel(header.value, {
				file,
				baseName: path.basename(file),
				fileBytes: stat.size,
			}),
			shape: shapeOf(header.value),
		});
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

/** What llama.cpp would take at the load and then not survive. */
function unusable(header: GgufHeader): string | undefined {
	if (header.tensors.length === 0)
		return "it holds no weights, only a header or a vocabulary";
	// Seen: such a model loads, and the first decode ends the process with SIGSEGV.
	const tensor = header.tensors.find(
		({ typeId }) => ggmlType(typeId)?.name === "F64",
	);
	return tensor && `the weights "${tensor.name}" are of type F64`;
}

function problemError(file: string, problem: GgufProblem): HeadroomError {
	switch (problem.kind) {
		case "empty":
			return createError("modelEmpty", { file });
		case "notGguf":
			return createError("modelNotGguf", { file, found: problem.found });
		case "version":
			return createError("modelVersion", {
				file,
				version: String(problem.version),
			});
		case "truncated":
			return createError("modelTruncated", {
				file,
				...differing(problem.foundBytes, problem.expectedBytes),
			});
		case "corrupt":
			return createError("modelCorrupt", { file, why: problem.why });
	}
}

/** Two sizes as text, in bytes where rounding would make them look alike. */
function differing(
	foundBytes: number,
	expectedBytes: number,
): { found: string; expected: string } {
	const found = formatBytes(foundBytes);
	const expected = formatBytes(expectedBytes);
	return found === expected
		? { found: `${foundBytes} bytes`, expected: `${expectedBytes} bytes` }
		: { found, expected };
}

function openError(file: string, thrown: unknown): HeadroomError {
	const code = (thrown as NodeJS.ErrnoException | undefined)?.code;
	if (code === "ENOENT" || code === "ENOTDIR")
		return createError("modelMissing", { file });
	const why =
		code === "EACCES" || code === "EPERM"
			? "permission was denied"
			: code === "EISDIR"
				? "it is a folder"
				: messageOf(thrown);
	return createError("modelUnreadable", { file, why });
}
