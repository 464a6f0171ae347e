/** `npm run bench -- fit`: predicted beside allocated bytes, for models of published shapes without their weights. */

import {
	closeSync,
	mkdtempSync,
	openSync,
	readSync,
	rmSync,
	statSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { assert } from "../../src/base/assert.ts";
import { ggmlType, tensorBytes } from "../../src/memory/ggmlType.ts";
import {
	type GgufHeader,
	type GgufTensor,
	readGgufHeader,
} from "../../src/memory/ggufHeader.ts";
import {
	firstLayers,
	type ModelShape,
	parameterCount,
	type Quantization,
	shapes,
	weightBytes,
	writeShapeModel,
} from "../support/shapeModels.ts";
import {
	type Backend,
	deviceNames,
	type FitMeasurement,
	type KvType,
	type MemoryBytes,
	measureFit,
} from "./fitMeasurement.ts";

export interface FitBenchOptions {
	readonly quantization: Quantization;
	/** One context window instead of two. */
	readonly quick: boolean;
	/** Only shapes whose name contains it. */
	readonly only: string;
}

export interface FitRow {
	readonly model: string;
	readonly quantization: Quantization;
	readonly device: string;
	readonly cpuVariant: string | null;
	readonly contextWindow: number;
	readonly kvType: KvType;
	readonly predictedBytes: number;
	readonly allocatedBytes: number;
	readonly libraryBytes: number;
	readonly ruleOfThumbBytes: number;
	readonly modelRamBytes: number;
	readonly modelVramBytes: number;
	readonly contextRamBytes: number;
	readonly contextVramBytes: number;
	readonly libraryModelBytes: number;
	readonly libraryContextBytes: number;
	/** What the process cannot give back while it lives; null where the system does not count so. */
	readonly anonymousBytes: number | null;
	readonly bufferMebibytes: Readonly<Record<string, number>>;
	readonly loadMs: number;
}

export interface FitFailure {
	readonly model: string;
	readonly device: string;
	readonly why: string;
}

/** Models with more are cut to the layers that fit: what a layer takes is the same. */
const largestWeightBytes: Readonly<Record<Backend, number>> = {
	cpu: 4e9,
	// llvmpipe has 2 GiB, and they must hold the context too.
	vulkan: 1.4e9,
};
const cutWeightBytes = 1.4e9;
const batchTokens = 128;

export async function benchFit({
	quantization,
	quick,
	only,
}: FitBenchOptions): Promise<{
	rows: readonly FitRow[];
	failures: readonly FitFailure[];
}> {
	const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-fit-"));
	const file = path.join(folder, "shape.gguf");
	const rows: FitRow[] = [];
	const failures: FitFailure[] = [];
	const backends: Backend[] = ["cpu"];
	const [vulkanDevice] = await deviceNames("vulkan");
	if (vulkanDevice !== undefined) backends.push("vulkan");
	const devices: Record<Backend, string> = {
		cpu: "CPU",
		vulkan: vulkanDevice ?? "",
	};
	try {
		for (const backend of backends)
			for (const whole of shapes.filter((it) => it.name.includes(only))) {
				const shape = loadable(whole, quantization, backend);
				if (!shape) continue;
				await writeShapeModel(file, shape, quantization);
				for (const contextWindow of quick ? [2048] : [2048, 8192])
					for (const kvType of ["F16", "Q8_0"] as const) {
						const at = `${shape.name} ${quantization}, ${devices[backend]}, ${contextWindow} ${kvType}`;
						const outcome = await measureFit({
							kind: "fit",
							file,
							backend,
							contextWindow,
							sequences: 1,
							batchTokens,
							kvType,
							useMmap: true,
						});
						if (outcome.kind !== "measured") {
							console.error(`${at}: ${outcome.kind}: ${outcome.why}`);
							failures.push({
								model: shape.name,
								device: devices[backend],
								why: outcome.why,
							});
							continue;
						}
						console.error(at);
						rows.push({
							model: shape.name,
							quantization,
							device: devices[backend],
							contextWindow,
							kvType,
							...figures(outcome.measurement, {
								predictedBytes: predict(file, backend, outcome.measurement),
								ruleOfThumbBytes: ruleOfThumb(shape, quantization),
							}),
						});
					}
			}
		return { rows, failures };
	} finally {
		rmSync(folder, { recursive: true });
	}
}

/** The shape, or as many of its first layers as there is room for; undefined where too few are left to say anything. */
function loadable(
	shape: ModelShape,
	quantization: Quantization,
	backend: Backend,
): ModelShape | undefined {
	if (weightBytes(shape, quantization) <= largestWeightBytes[backend])
		return shape;
	let layers = shape.layers - 1;
	while (
		layers > 0 &&
		weightBytes(firstLayers(shape, layers), quantization) > cutWeightBytes
	)
		layers--;
	return layers < 2 ? undefined : firstLayers(shape, layers);
}

function figures(
	{
		estimated,
		allocated,
		cpuVariant,
		process: { afterContext },
		bufferMebibytes,
		loadMs,
	}: FitMeasurement,
	of: { readonly predictedBytes: number; readonly ruleOfThumbBytes: number },
) {
	return {
		cpuVariant,
		predictedBytes: of.predictedBytes,
		allocatedBytes: total(allocated.model) + total(allocated.context),
		libraryBytes: total(estimated.model) + total(estimated.context),
		ruleOfThumbBytes: of.ruleOfThumbBytes,
		modelRamBytes: allocated.model.ram,
		modelVramBytes: allocated.model.vram,
		contextRamBytes: allocated.context.ram,
		contextVramBytes: allocated.context.vram,
		libraryModelBytes: total(estimated.model),
		libraryContextBytes: total(estimated.context),
		anonymousBytes: afterContext?.anonymous ?? null,
		bufferMebibytes,
		loadMs,
	};
}

function total({ ram, vram }: MemoryBytes): number {
	return ram + vram;
}

/** What people are told to reckon with: the bits of the weights, and a fifth on top. */
function ruleOfThumb(shape: ModelShape, quantization: Quantization): number {
	const bits = Number(/\d+/.exec(quantization)?.[0]);
	return Math.round(((parameterCount(shape) * bits) / 8) * 1.2);
}

/**
 * The seam for the memory formula of `src/memory`, which takes the place of this function. Until then it is the library's estimate, which
 * does not see that a CPU copies weights into an order of its own, with that copy added.
 */
function predict(
	file: string,
	backend: Backend,
	{ estimated, cpuVariant }: FitMeasurement,
): number {
	const library = total(estimated.model) + total(estimated.context);
	if (backend !== "cpu") return library;
	const header = headerOf(file);
	const hasAmx = cpuVariant === "sapphirerapids";
	const bytesOf = (it: GgufTensor) => copyBytes(it, header, hasAmx);
	const copied = header.tensors.filter((it) => bytesOf(it) > 0);
	if (copied.length === 0) return library;
	const copies = copied.reduce((sum, it) => sum + bytesOf(it), 0);
	return mappedBytes(header, copied) + copies + total(estimated.context);
}

interface Copying {
	/** Of a block in the copy, by type. */
	readonly blockBytes: Readonly<Record<string, number>>;
	/** The rows must be a multiple of it. */
	readonly rows: number;
	/** Whether experts are copied, the one kind of weights with a third dimension that is. */
	readonly experts: boolean;
}

/** ggml's `repack.cpp` on x86 with AVX2; ARM takes Q5_K, Q6_K and Q8_0 too. */
const plainCopying: Copying = {
	blockBytes: { Q4_0: 18, Q4_K: 144, IQ4_NL: 18, Q2_K: 84, MXFP4: 17 },
	rows: 8,
	experts: true,
};

/** ggml's `amx/mmq.cpp`, asked first on processors that have AMX: some types get sums beside their blocks. */
const amxCopying: Copying = {
	blockBytes: { Q4_0: 18, Q4_K: 148, Q5_K: 180, Q6_K: 210, Q8_0: 38, F16: 2 },
	rows: 32,
	experts: false,
};

/** 0 where the weights stay where they are. */
function copyBytes(
	{ name, shape, typeId }: GgufTensor,
	header: GgufHeader,
	hasAmx: boolean,
): number {
	const type = ggmlType(typeId);
	const [, rows = 0, experts = 1] = shape;
	if (!type || shape.length < 2 || !name.endsWith("weight")) return 0;
	// Rows of the embedding are looked up where they are; only as the output matrix is it multiplied with.
	if (name === "token_embd.weight" && !isTied(header)) return 0;
	const blocks =
		shape.reduce((product, size) => product * size, 1) / type.blockElements;
	const copying = (hasAmx ? [amxCopying, plainCopying] : [plainCopying]).find(
		(it) =>
			type.name in it.blockBytes &&
			rows % it.rows === 0 &&
			(experts === 1 || (it.experts && name.includes("_exps"))),
	);
	return blocks * (copying?.blockBytes[type.name] ?? 0);
}

/** One stretch of the file, from the first to the last tensor that is used where it is. */
function mappedBytes(
	header: GgufHeader,
	copied: readonly GgufTensor[],
): number {
	const inPlace = header.tensors.filter(
		(it) => it.name === "token_embd.weight" || !copied.includes(it),
	);
	const ends = inPlace.map(
		({ offsetBytes, shape, typeId }) =>
			offsetBytes + (tensorBytes(shape, typeId) ?? 0),
	);
	const starts = inPlace.map(({ offsetBytes }) => offsetBytes);
	return (
		ends.reduce((latest, it) => Math.max(latest, it), 0) -
		starts.reduce((first, it) => Math.min(first, it), Number.MAX_SAFE_INTEGER)
	);
}

function isTied(header: GgufHeader): boolean {
	return !header.tensors.some(({ name }) => name === "output.weight");
}

function headerOf(file: string): GgufHeader {
	const descriptor = openSync(file, "r");
	try {
		const header = readGgufHeader({
			sizeBytes: statSync(file).size,
			read(offset, lengthBytes) {
				const bytes = new Uint8Array(lengthBytes);
				const read = readSync(descriptor, bytes, 0, lengthBytes, offset);
				return bytes.subarray(0, read);
			},
		});
		assert(header.ok, "the model was written by this bench");
		return header.value;
	} finally {
		closeSync(descriptor);
	}
}
