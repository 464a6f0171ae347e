/** `npm run bench -- fit`: predicted beside allocated bytes, for models of published shapes without their weights. */

import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { assert } from "../../src/base/assert.ts";
import {
	cpuPlacement,
	gpuPlacements,
} from "../../src/memory/machine/devices.ts";
import type { ContextOptions } from "../../src/memory/plan/modelCost.ts";
import { modelBytes, type Plan, planFor } from "../../src/memory/plan/plan.ts";
import { readModelFile } from "../../src/models/header/modelFile.ts";
import type { Device } from "../../src/protocol/device.ts";
import {
	firstLayers,
	type ModelShape,
	parameterCount,
	type Quantization,
	shapes,
	weightBytes,
	writeShapeModel,
} from "../support/models/shapeModels.ts";
import {
	type Backend,
	devicesOf,
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
	const machines = new Map<Backend, readonly Device[]>();
	for (const backend of ["cpu", "vulkan"] as const) {
		const devices = await devicesOf(backend);
		if (backend === "cpu" || devices.some(({ kind }) => kind !== "cpu"))
			machines.set(backend, devices);
	}
	try {
		for (const [backend, devices] of machines)
			for (const whole of shapes.filter((it) => it.name.includes(only))) {
				const device = devices[0]?.name ?? "";
				const shape = loadable(whole, quantization, backend);
				if (!shape) continue;
				await writeShapeModel(file, shape, quantization);
				for (const contextWindow of quick ? [2048] : [2048, 8192])
					for (const kvType of ["F16", "Q8_0"] as const) {
						const at = `${shape.name} ${quantization}, ${device}, ${contextWindow} ${kvType}`;
						const context = { contextWindow, sequences: 1, batchTokens };
						const plan = planOf(file, devices, {
							...context,
							kvType: kvType === "F16" ? "f16" : "q8_0",
						});
						// The engine would not load it there.
						if (plan.obstacles.some((it) => it.of !== "head")) continue;
						const outcome = await measureFit({
							kind: "fit",
							file,
							backend,
							...context,
							kvType,
							useMmap: plan.mapsFile,
						});
						if (outcome.kind !== "measured") {
							console.error(`${at}: ${outcome.kind}: ${outcome.why}`);
							failures.push({
								model: shape.name,
								device,
								why: outcome.why,
							});
							continue;
						}
						console.error(at);
						rows.push({
							model: shape.name,
							quantization,
							device,
							contextWindow,
							kvType,
							...figures(outcome.measurement, {
								predictedBytes: Math.round(modelBytes(plan)),
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

/** The rule of thumb: the bits of the weights, and a fifth on top. */
function ruleOfThumb(shape: ModelShape, quantization: Quantization): number {
	const bits = Number(/\d+/.exec(quantization)?.[0]);
	return Math.round(((parameterCount(shape) * bits) / 8) * 1.2);
}

/** As the engine plans the load: with all layers on the GPU where there is one. */
function planOf(
	file: string,
	devices: readonly Device[],
	context: ContextOptions,
): Plan {
	const read = readModelFile(file);
	assert(read.ok && read.value.shape.ok, "the model was written by this bench");
	const { name, quantization } = read.value.description;
	const [placement] = [...gpuPlacements(devices), cpuPlacement(devices)];
	assert(placement, "a machine without GPUs has a CPU");
	return planFor({
		model: { name, quantization, shape: read.value.shape.value },
		placement,
		...context,
	});
}
