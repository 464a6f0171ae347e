/** Packs what was read of a model to JSON, and validates it when unpacking. */

import * as z from "zod/mini";
import type { ShapeProblem } from "../../memory/shape/headerKeys.ts";
import type { LayerShape, ModelShape } from "../../memory/shape/modelShape.ts";
import { HeadroomError } from "../../protocol/errors.ts";
import { ModelDescription } from "../../protocol/model.ts";
import type { ModelReading } from "../header/readModel.ts";

const RepackedWeights = z.object({
	fileBytes: z.number(),
	copyBytes: z.number(),
});

const Weights = z.object({
	bytes: z.number(),
	repacked: z.object({
		x86: RepackedWeights,
		arm: RepackedWeights,
		amx: RepackedWeights,
	}),
});

const Layer = z.object({
	weights: Weights,
	largestTensorBytes: z.number(),
	expertBytes: z.number(),
	attention: z.discriminatedUnion("kind", [
		z.object({ kind: z.literal("none") }),
		z.object({
			kind: z.literal("full"),
			keyElements: z.number(),
			valueElements: z.number(),
		}),
		z.object({
			kind: z.literal("slidingWindow"),
			windowTokens: z.number(),
			keyElements: z.number(),
			valueElements: z.number(),
		}),
		z.object({
			kind: z.literal("latent"),
			kvLoraRank: z.number(),
			ropeDimensions: z.number(),
		}),
	]),
	recurrentStateBytes: z.number(),
});

const Shape = z.object({
	parameterCount: z.number(),
	trainedContextWindow: z.number(),
	vocabularySize: z.number(),
	embeddingWidth: z.number(),
	feedForwardWidth: z.number(),
	experts: z.number(),
	expertsUsed: z.number(),
	tiedEmbedding: z.boolean(),
	input: Weights,
	embedding: Weights,
	largestHeadTensorBytes: z.number(),
	scoredHeads: z.number(),
	head: Weights,
	/** Deduplicated: a model of 60 layers has a handful of distinct ones, and `layers` holds indices into them. */
	layerKinds: z.array(Layer),
	layers: z.array(z.int()),
	notes: z.array(z.string()),
});

const key = z.string();
const Problem = z.discriminatedUnion("kind", [
	z.object({ kind: z.literal("missing"), key }),
	z.object({ kind: z.literal("badValue"), key, value: z.string() }),
	z.object({ kind: z.literal("noValueForLayer"), key, layer: z.number() }),
	z.object({ kind: z.literal("noSuchLayer"), key, layers: z.number() }),
	z.object({ kind: z.literal("badType"), key, typeId: z.number() }),
	z.object({ kind: z.literal("split"), key, files: z.number() }),
]) satisfies z.ZodMiniType<ShapeProblem>;

const Content = z.object({
	description: ModelDescription,
	shape: z.union([
		z.object({ ok: z.literal(true), value: Shape }),
		z.object({
			ok: z.literal(false),
			error: Problem,
		}),
	]),
	traits: z.object({
		license: z.nullable(z.string()),
		tokenizer: z.nullable(z.string()),
		hasChatTemplate: z.boolean(),
		hasFimTokens: z.boolean(),
	}),
});

const Reading = z.discriminatedUnion("kind", [
	z.object({ kind: z.literal("model"), content: Content }),
	z.object({ kind: z.literal("broken"), error: HeadroomError }),
	z.object({
		kind: z.literal("other"),
		what: z.enum(["projector", "adapter", "importanceMatrix", "vocabulary"]),
	}),
]);
type PackedReading = z.infer<typeof Reading>;
type PackedShape = z.infer<typeof Shape>;

export function packReading(reading: ModelReading): unknown {
	if (reading.kind !== "model") return reading;
	const { shape } = reading.content;
	return {
		kind: "model",
		content: {
			...reading.content,
			shape: shape.ok ? { ok: true, value: packShape(shape.value) } : shape,
		},
	};
}

/** Undefined where it was packed by another version of the code. */
export function unpackReading(json: unknown): ModelReading | undefined {
	const parsed = Reading.safeParse(json);
	return parsed.success ? unpack(parsed.data) : undefined;
}

function unpack(reading: PackedReading): ModelReading | undefined {
	if (reading.kind !== "model") return reading;
	const { description, shape, traits } = reading.content;
	if (!shape.ok)
		return { kind: "model", content: { description, shape, traits } };
	const value = unpackShape(shape.value);
	return (
		value && {
			kind: "model",
			content: { description, shape: { ok: true, value }, traits },
		}
	);
}

function packShape(shape: ModelShape): unknown {
	const kinds = new Map<string, number>();
	const layers = shape.layers.map((layer) => {
		const text = JSON.stringify(layer);
		const index = kinds.get(text) ?? kinds.size;
		kinds.set(text, index);
		return index;
	});
	const layerKinds = [...kinds.keys()].map((text) => JSON.parse(text));
	return { ...shape, layerKinds, layers };
}

function unpackShape({
	layerKinds,
	layers: indices,
	...rest
}: PackedShape): ModelShape | undefined {
	const layers: LayerShape[] = [];
	for (const index of indices) {
		const layer = layerKinds[index];
		if (!layer) return undefined;
		layers.push(layer);
	}
	return { ...rest, layers };
}
