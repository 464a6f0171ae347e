/**
 * What a model needs of memory, why it does not fit, and what would: as figures, which are worded where they are shown.
 */

import * as z from "zod/mini";
import { assertNever } from "../base/assert.ts";
import {
	type Sentence,
	type SentenceList,
	sentence,
} from "../base/sentence.ts";
import { formatBytes } from "../base/units.ts";

/** In the order in which they are shown. */
export const memoryParts = [
	"weights",
	"kvCache",
	"computeBuffer",
	"outputBuffer",
	/** What the last load took beyond its plan, or less than it. */
	"correction",
	"draft",
	/** What a process takes before any model. */
	"runtime",
	"margin",
] as const;
export type MemoryPart = (typeof memoryParts)[number];

export const MemoryReason = z.discriminatedUnion("kind", [
	/** What a plan takes of one device, part by part. */
	z.object({
		kind: z.literal("needs"),
		device: z.string(),
		neededBytes: z.number(),
		freeBytes: z.number(),
		parts: z.readonly(
			z.array(
				z.readonly(z.object({ part: z.enum(memoryParts), bytes: z.number() })),
			),
		),
	}),
	/** Some drivers limit the size of a single tensor. */
	z.object({
		kind: z.literal("tensorTooLarge"),
		device: z.string(),
		limitBytes: z.number(),
		tensorBytes: z.number(),
	}),
	/** What another setting would allow. */
	z.object({ kind: z.literal("fitsOnCpu"), tokensPerSecond: z.number() }),
	z.object({
		kind: z.literal("fitsInPart"),
		offloadedLayers: z.number(),
		layers: z.number(),
		tokensPerSecond: z.number(),
	}),
	/** Of the context for conversations: the smallest is too large. */
	z.object({ kind: z.literal("noContextFits") }),
	/** The room was there when the model was loaded, and other programs have taken it since. */
	z.object({
		kind: z.literal("contextNeeds"),
		device: z.string(),
		neededBytes: z.number(),
		freeBytes: z.number(),
	}),
	/** llama.cpp failed to allocate what was planned. */
	z.object({ kind: z.literal("allocationFailed") }),
	/** Of a load without a plan. */
	z.object({ kind: z.literal("unplanned") }),
]);
export type MemoryReason = z.infer<typeof MemoryReason>;

export const memoryReasonSentences = {
	needs: "{device} needs {needed}: {parts}; free {free}",
	tensorTooLarge:
		"{device} accepts tensors of at most {limit}, and the model has one of {size}",
	fitsOnCpu:
		"it would fit on the CPU, at about {speed} tokens per second (headroom.engine.gpu: off)",
	fitsInPart:
		"it would fit with {offloaded} of {layers} layers on the GPU, at about {speed} tokens per second (headroom.engine.partialOffload)",
	noContextFits: "not even the smallest context fits",
	contextNeeds: "it needs {needed} on {device}, and {free} are free",
	allocationFailed: "llama.cpp could not allocate the context",
	unplanned: "how much it needs is not known",
} as const satisfies Record<MemoryReason["kind"], string>;

export const memoryPartSentences = {
	weights: "weights {bytes}",
	kvCache: "KV cache {bytes}",
	computeBuffer: "compute buffers {bytes}",
	outputBuffer: "output buffer {bytes}",
	correction: "correction from the last load {bytes}",
	draft: "draft model {bytes}",
	runtime: "runtime {bytes}",
	margin: "margin {bytes}",
} as const satisfies Record<MemoryPart, string>;

export function memoryReasonSentence(reason: MemoryReason): Sentence {
	switch (reason.kind) {
		case "needs":
			return sentence(memoryReasonSentences.needs, {
				device: reason.device,
				needed: formatBytes(reason.neededBytes),
				parts: partSentences(reason.parts),
				free: formatBytes(reason.freeBytes),
			});
		case "tensorTooLarge":
			return sentence(memoryReasonSentences.tensorTooLarge, {
				device: reason.device,
				limit: formatBytes(reason.limitBytes),
				size: formatBytes(reason.tensorBytes),
			});
		case "fitsOnCpu":
			return sentence(memoryReasonSentences.fitsOnCpu, {
				speed: roundedSpeed(reason.tokensPerSecond),
			});
		case "fitsInPart":
			return sentence(memoryReasonSentences.fitsInPart, {
				offloaded: String(reason.offloadedLayers),
				layers: String(reason.layers),
				speed: roundedSpeed(reason.tokensPerSecond),
			});
		case "contextNeeds":
			return sentence(memoryReasonSentences.contextNeeds, {
				device: reason.device,
				needed: formatBytes(reason.neededBytes),
				free: formatBytes(reason.freeBytes),
			});
		case "noContextFits":
		case "allocationFailed":
		case "unplanned":
			return sentence(memoryReasonSentences[reason.kind], {});
		default:
			return assertNever(reason);
	}
}

export function memoryReasonsSentences(
	reasons: readonly MemoryReason[],
): SentenceList {
	return { sentences: reasons.map(memoryReasonSentence), separator: "; " };
}

/** Parts that are nearly nothing beside the weights are left out. */
export function partSentences(
	parts: readonly { readonly part: MemoryPart; readonly bytes: number }[],
): SentenceList {
	return {
		sentences: parts
			.filter(
				({ part, bytes }) =>
					Math.abs(bytes) >= minShownBytes || (part === "weights" && bytes > 0),
			)
			.map(({ part, bytes }) =>
				sentence(memoryPartSentences[part], { bytes: formatBytes(bytes) }),
			),
		separator: ", ",
	};
}

/** Smaller parts vanish when gigabytes are rounded. */
const minShownBytes = 8 * 2 ** 20;

function roundedSpeed(tokensPerSecond: number): string {
	return tokensPerSecond < 10
		? tokensPerSecond.toFixed(1)
		: String(Math.round(tokensPerSecond));
}
