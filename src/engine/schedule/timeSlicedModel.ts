/** A model that is measured and used in slices, so that completions run in between. */

import { success } from "../../base/result.ts";
import type { LoadedModel, Runtime } from "../runtime/runtime.ts";
import { type TimeSlicer, timeSliced } from "./timeSlicer.ts";

export function timeSlicedModel(
	model: LoadedModel,
	slicer: TimeSlicer,
): LoadedModel {
	const { description, fimTokens, beginningOfText, specialTexts } = model;
	return {
		description,
		fimTokens,
		beginningOfText,
		specialTexts,
		allocatedBytes: model.allocatedBytes,
		// Changes while the model works.
		get backend() {
			return model.backend;
		},
		devices: () => model.devices(),
		tokenize: (text) => model.tokenize(text),
		tokenizeTemplate: (text) => model.tokenizeTemplate(text),
		detokenize: (tokens, before) => model.detokenize(tokens, before),
		allTokens: () => model.allTokens(),
		isSpecial: (token) => model.isSpecial(token),
		createSequences: async (options) => {
			const made = await slicer.run(() => model.createSequences(options));
			if (!made.ok) return made;
			const sequences = made.value;
			return success({
				all: sequences.all.map((it) => timeSliced(it, slicer)),
				allocatedBytes: sequences.allocatedBytes,
				dispose: () => sequences.dispose(),
			});
		},
		dispose: () => model.dispose(),
	};
}

/** A runtime of such models. Weights are read beside other work: no sequence is evaluated for that. */
export function timeSlicedRuntime(
	runtime: Pick<Runtime, "loadModel">,
	slicer: TimeSlicer,
): Pick<Runtime, "loadModel"> {
	return {
		loadModel: async (options) => {
			const model = await runtime.loadModel(options);
			return model.ok ? success(timeSlicedModel(model.value, slicer)) : model;
		},
	};
}
