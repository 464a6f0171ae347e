/** Reads and describes a model from its file, or from all parts of a split model. */

import { inParallel } from "../../base/inParallel.ts";
import type { GgufHeader } from "../../gguf/ggufHeader.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import { describeHeader, type ModelFile } from "./describeHeader.ts";
import {
	type ModelTraits,
	type OtherContent,
	otherContentOf,
	traitsOf,
} from "./modelTraits.ts";
import { readHeader } from "./readHeader.ts";

export interface ModelContent extends ModelFile {
	readonly traits: ModelTraits;
}

export type ModelReading =
	| { readonly kind: "model"; readonly content: ModelContent }
	| { readonly kind: "broken"; readonly error: HeadroomError }
	| { readonly kind: "other"; readonly what: OtherContent };

/** @param files all parts of one model, the first part first. Never rejects. */
export type ReadModel = (files: readonly string[]) => Promise<ModelReading>;

export const readModel: ReadModel = async (files) => {
	const headers: GgufHeader[] = [];
	let fileBytes = 0;
	let traits: ModelTraits | undefined;
	for (const read of await inParallel(files, 2, readHeader)) {
		if (!read.ok) return { kind: "broken", error: read.error };
		const { header, front } = read.value;
		headers.push(header);
		fileBytes += read.value.fileBytes;
		traits ??= traitsOf(header, front);
	}
	const header = joined(headers);
	const [file] = files;
	if (!header || !traits || file === undefined)
		throw new Error("A model has at least one file");
	const what = otherContentOf(header);
	if (what) return { kind: "other", what };
	const described = describeHeader(header, file, fileBytes, traits);
	return described.ok
		? { kind: "model", content: { ...described.value, traits } }
		: { kind: "broken", error: described.error };
};

/** The metadata is in the first part, the tensors are spread over all parts. */
function joined(headers: readonly GgufHeader[]): GgufHeader | undefined {
	const [first] = headers;
	if (!first || headers.length === 1) return first;
	const metadata = new Map(first.metadata);
	metadata.delete("split.count");
	return {
		...first,
		metadata,
		tensors: headers.flatMap(({ tensors }) => tensors),
	};
}
