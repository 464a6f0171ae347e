/** Models of a list as they would be found, without files. */

import { failure, success } from "../../../src/base/result.ts";
import type { GgufHeader } from "../../../src/gguf/ggufHeader.ts";
import {
	type Mix,
	shapeInMix,
} from "../../../src/memory/shape/quantization.ts";
import {
	type ModelTraits,
	rolesOf,
} from "../../../src/models/header/modelTraits.ts";
import type { ListedModel } from "../../../src/models/library/modelLibrary.ts";
import { createError } from "../../../src/protocol/errors.ts";
import { fakeDescription } from "../fakes/fakeRuntime.ts";
import { type PublishedName, publishedModels } from "./publishedModels.ts";

const codeTraits: ModelTraits = {
	license: null,
	tokenizer: "gpt2",
	hasChatTemplate: false,
	hasFimTokens: true,
};

/** It declares nothing. */
const silentHeader: GgufHeader = {
	version: 3,
	metadata: new Map(),
	tensors: [],
	dataOffsetBytes: 0,
	expectedFileBytes: 0,
};

/** With the shape of a published model. */
export function listedModel(
	name: string,
	like: PublishedName,
	mix: Mix = "Q4_K_M",
	differing: Partial<ModelTraits> = {},
): ListedModel {
	const traits = { ...codeTraits, ...differing };
	const shape = shapeInMix(publishedModels[like], mix);
	return {
		...place(name),
		content: success({
			description: {
				...fakeDescription,
				file: place(name).file,
				name,
				quantization: mix,
				parameterCount: shape.parameterCount,
				roles: rolesOf(silentHeader, traits),
			},
			shape: success(shape),
			traits,
		}),
	};
}

export function brokenModel(name: string): ListedModel {
	const { file } = place(name);
	return {
		...place(name),
		content: failure(createError("modelEmpty", { file })),
	};
}

/** Its header lacks what its memory is computed from. */
export function unpricedModel(name: string): ListedModel {
	const model = listedModel(name, "Qwen2.5-Coder-0.5B");
	return model.content.ok
		? {
				...model,
				content: success({
					...model.content.value,
					shape: failure({ kind: "missing", key: "block_count" }),
				}),
			}
		: model;
}

function place(name: string) {
	const file = `/models/${name}.gguf`;
	return {
		file,
		files: [file],
		sizeBytes: 1,
		name,
		locations: [{ store: "folder", label: name, name, file }],
	} as const;
}
