/** Describes a model from its header, or words what is wrong with it. */

import path from "node:path";
import { failure, type Result, success } from "../../base/result.ts";
import { oneLine, type Phrase, phrase } from "../../base/sentence.ts";
import { formatBytes } from "../../base/units.ts";
import { ggmlType } from "../../gguf/ggmlType.ts";
import type { GgufHeader, GgufProblem } from "../../gguf/ggufHeader.ts";
import {
	describeModel,
	maxNameCharacters,
} from "../../gguf/modelDescription.ts";
import type { ShapeProblem } from "../../memory/shape/headerKeys.ts";
import { type ModelShape, shapeOf } from "../../memory/shape/modelShape.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";
import type { ModelDescription } from "../../protocol/model.ts";
import { codeOf, reasonOf } from "../../storage/fileErrors.ts";
import { type ModelTraits, rolesOf } from "./modelTraits.ts";

export interface ModelFile {
	readonly description: ModelDescription;
	/** What its memory is computed from; a model without it can still be loaded. */
	readonly shape: Result<ModelShape, ShapeProblem>;
}

/** @param fileBytes of all its files. */
export function describeHeader(
	header: GgufHeader,
	file: string,
	fileBytes: number,
	traits: ModelTraits,
): Result<ModelFile, HeadroomError> {
	const refusal = unusable(header);
	if (refusal !== undefined)
		return failure(createError("modelRefused", { file, why: refusal }));
	return success({
		description: describeModel(header, {
			file,
			baseName: path.basename(file),
			fileBytes,
			roles: rolesOf(header, traits),
		}),
		shape: shapeOf(header),
	});
}

/** Models that llama.cpp loads and then crashes on. */
function unusable(header: GgufHeader): Phrase | undefined {
	if (header.tensors.length === 0)
		return phrase("it has no weights, only a header or a vocabulary", {});
	// Observed: such a model loads, and the first decode ends with SIGSEGV.
	const tensor = header.tensors.find(
		({ typeId }) => ggmlType(typeId)?.name === "F64",
	);
	return (
		tensor &&
		phrase("the weights {name} are of type F64", {
			name: oneLine(tensor.name, maxNameCharacters),
		})
	);
}

export function problemError(
	file: string,
	problem: GgufProblem,
): HeadroomError {
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

/** Formats two sizes, in bytes where they round to the same text. */
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

/** A folder, pipe, socket or device. */
export function notAFile(file: string): HeadroomError {
	return createError("modelUnreadable", {
		file,
		why: phrase("it is not a file", {}),
	});
}

export function openError(file: string, thrown: unknown): HeadroomError {
	const code = codeOf(thrown);
	return code === "ENOENT" || code === "ENOTDIR"
		? createError("modelMissing", { file })
		: createError("modelUnreadable", { file, why: reasonOf(thrown) });
}
