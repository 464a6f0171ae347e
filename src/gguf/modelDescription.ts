/** Describes a model from its GGUF header. */

import { oneLine } from "../base/sentence.ts";
import type { FimOrder, ModelDescription, Role } from "../protocol/model.ts";
import { ggmlType } from "./ggmlType.ts";
import type { GgufHeader } from "./ggufHeader.ts";

export interface ModelFileFacts {
	readonly file: string;
	/** The base name, for models whose header has no name. */
	readonly baseName: string;
	readonly fileBytes: number;
	readonly roles: readonly Role[];
}

/** Of a name in lists and messages. */
export const maxNameCharacters = 120;

/** Assumed if the header does not declare the trained context window. */
const fallbackContextWindow = 2048;

export function describeModel(
	header: GgufHeader,
	{ file, baseName, fileBytes, roles }: ModelFileFacts,
): ModelDescription {
	const architecture = text(header, "general.architecture") ?? "unknown";
	return {
		file,
		name:
			text(header, "general.name") ??
			oneLine(baseName.replace(/\.gguf$/i, ""), maxNameCharacters),
		architecture,
		parameterCount: header.tensors.reduce(
			(sum, tensor) => sum + elements(tensor.shape),
			0,
		),
		quantization: prevailingType(header),
		fileBytes,
		trainedContextWindow:
			positive(header, `${architecture}.context_length`) ??
			fallbackContextWindow,
		fimOrder: fimOrder(header),
		roles,
	};
}

/**
 * Prefix before suffix unless the header says otherwise in `headroom.fim.order`, which is our own key: no common one declares it. Once the
 * model is loaded, its tokens tell the family and so the order.
 */
function fimOrder(header: GgufHeader): FimOrder {
	return text(header, "headroom.fim.order") === "spm" ? "spm" : "psm";
}

function prevailingType(header: GgufHeader): string {
	const elementsByType = new Map<number, number>();
	for (const { typeId, shape } of header.tensors)
		elementsByType.set(
			typeId,
			(elementsByType.get(typeId) ?? 0) + elements(shape),
		);
	const [prevailing] = [...elementsByType].sort((a, b) => b[1] - a[1]);
	if (!prevailing) return "unknown";
	return ggmlType(prevailing[0])?.name ?? `type ${prevailing[0]}`;
}

function elements(shape: readonly number[]): number {
	return shape.reduce((product, size) => product * size, 1);
}

function text(header: GgufHeader, key: string): string | undefined {
	const value = header.metadata.get(key);
	const line =
		typeof value === "string" ? oneLine(value, maxNameCharacters) : "";
	return line === "" ? undefined : line;
}

function positive(header: GgufHeader, key: string): number | undefined {
	const value = header.metadata.get(key);
	return typeof value === "number" && value > 0 ? value : undefined;
}
