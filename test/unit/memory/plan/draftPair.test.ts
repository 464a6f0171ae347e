import assert from "node:assert/strict";
import {
	compareDrafts,
	isPlannedDraft,
	mayDraft,
	supportsRollback,
} from "../../../../src/memory/plan/draftPair.ts";
import type {
	LayerShape,
	ModelShape,
} from "../../../../src/memory/shape/modelShape.ts";
import {
	type Mix,
	shapeInMix,
} from "../../../../src/memory/shape/quantization.ts";
import {
	type PublishedName,
	publishedModels,
} from "../../../support/models/publishedModels.ts";

const shape = (name: PublishedName, mix: Mix = "Q4_K_M") =>
	shapeInMix(publishedModels[name], mix);

const half = shape("Qwen2.5-Coder-0.5B", "Q8_0");
const seven = shape("Qwen2.5-Coder-7B");

/** With its last layer of another kind. */
function withLayer(it: ModelShape, layer: Partial<LayerShape>): ModelShape {
	return {
		...it,
		layers: it.layers.map((before, index) =>
			index === it.layers.length - 1 ? { ...before, ...layer } : before,
		),
	};
}

const sliding = {
	attention: {
		kind: "slidingWindow",
		windowTokens: 4096,
		keyElements: 128,
		valueElements: 128,
	},
} as const;
const recurrent = {
	attention: { kind: "none" },
	recurrentStateBytes: 4096,
} as const;
const latent = {
	attention: { kind: "latent", kvLoraRank: 512, ropeDimensions: 64 },
} as const;

describe("draft pairs", () => {
	for (const [name, mix, may, planned] of [
		["Qwen2.5-Coder-1.5B", "Q8_0", false, false],
		["Qwen2.5-Coder-3B", "Q4_K_M", false, false],
		["Qwen2.5-Coder-3B", "Q8_0", true, false],
		["Qwen2.5-Coder-7B", "Q4_K_M", true, true],
		["Qwen2.5-Coder-32B", "Q4_K_M", true, true],
		// Its experts are chosen anew for each token.
		["Qwen3-Coder-30B-A3B", "Q8_0", false, false],
	] as const)
		it(`0.5B ${may ? "may" : "may not"} draft for ${name} ${mix}, and is ${planned ? "" : "not "}planned for`, () => {
			const target = shape(name, mix);
			assert.deepEqual(
				[mayDraft(half, target), isPlannedDraft(half, target)],
				[may, planned],
			);
		});

	for (const [what, layer, expected] of [
		["a sliding window", sliding, false],
		["a recurrent state", recurrent, false],
		["latent attention", latent, true],
	] as const)
		it(`a model with ${what} is ${expected ? "both" : "neither target nor draft"}`, () => {
			assert.equal(supportsRollback(withLayer(half, layer)), expected);
			assert.equal(mayDraft(withLayer(half, layer), seven), expected);
			assert.equal(mayDraft(half, withLayer(seven, layer)), expected);
		});

	it("a model with unknown sliding windows is neither", () => {
		const notes = ["which layers have a sliding window is unknown"];
		assert.equal(mayDraft({ ...half, notes }, seven), false);
		assert.equal(mayDraft(half, { ...seven, notes }), false);
	});

	const drafts = {
		"0.5B Q8_0": half,
		"0.5B Q4_K_M": shape("Qwen2.5-Coder-0.5B"),
		"1.5B Q8_0": shape("Qwen2.5-Coder-1.5B", "Q8_0"),
		"1.5B Q4_K_M": shape("Qwen2.5-Coder-1.5B"),
	};
	const sorted = (target: ModelShape) => {
		const better = compareDrafts(target);
		return Object.entries(drafts)
			.sort(([, a], [, b]) => better(a, b))
			.map(([name]) => name);
	};

	it("prefers the smaller draft, and of the same model the one with more bits", () => {
		const expected = ["0.5B Q8_0", "0.5B Q4_K_M", "1.5B Q8_0", "1.5B Q4_K_M"];
		assert.deepEqual(sorted(seven), expected);
		assert.deepEqual(sorted(shape("Qwen2.5-Coder-32B", "Q8_0")), expected);
	});

	it("puts a draft below the tested size last", () => {
		const large = shape("Qwen2.5-Coder-32B");
		const huge = { ...large, parameterCount: 70e9 };
		assert.deepEqual(sorted(huge), [
			"1.5B Q8_0",
			"1.5B Q4_K_M",
			"0.5B Q8_0",
			"0.5B Q4_K_M",
		]);
	});
});
