/**
 * Loads one model in a process of its own, and sends its parent what it took: llama.cpp may end the process that it runs in, and gives all
 * memory back only with it.
 */

import { readFileSync } from "node:fs";
import os from "node:os";
import {
	GgmlType,
	GgufInsights,
	getLlama,
	type Llama,
	LlamaLogLevel,
	readGgufFileInfo,
} from "node-llama-cpp";
import { formatBytes } from "../../src/base/units.ts";
import { reportedDevices } from "../../src/engine/runtime/reportedDevices.ts";
import type {
	Backend,
	FitOutcome,
	FitRequest,
	MemoryBytes,
	ProbeRequest,
	ProcessBytes,
} from "./fitMeasurement.ts";

/** Of llama.cpp's log: `CPU_REPACK model buffer size = 1234.56 MiB`. */
const bufferLine = /(\w+)\s+(\w+(?: \w+)*) buffer size\s*=\s*([\d.]+) MiB/;

/** `loaded CPU backend from .../libggml-cpu-haswell.so`. */
const cpuLine = /loaded CPU backend from .*ggml-cpu-(\w+)\./;

async function measure({
	file,
	backend,
	contextWindow,
	sequences,
	batchTokens,
	kvType,
	useMmap,
}: FitRequest): Promise<FitOutcome> {
	const bufferMebibytes = new Map<string, number>();
	let isSimulated = true;
	let cpuVariant: string | null = null;
	const llama = await start(backend, (message) => {
		cpuVariant ??= cpuLine.exec(message)?.[1] ?? null;
		const found = bufferLine.exec(message);
		if (!found || isSimulated) return;
		const name = `${found[1]} ${found[2]}`;
		bufferMebibytes.set(
			name,
			(bufferMebibytes.get(name) ?? 0) + Number(found[3]),
		);
	});
	if (llama.gpu !== false)
		await llama.setVramCap((await llama.getVramState()).total);
	const info = await readGgufFileInfo(file, { sourceType: "filesystem" });
	const insights = await GgufInsights.from(info, llama);
	const gpuLayers = backend === "vulkan" ? insights.totalLayers : 0;
	const kvCacheType = GgmlType[kvType];
	const estimated = {
		model: ofEstimate(
			await insights.estimateModelResourceRequirementsV2({
				gpuLayers,
				useMmap,
			}),
		),
		context: ofEstimate(
			await insights.estimateContextResourceRequirementsV2({
				contextSize: contextWindow,
				modelGpuLayers: gpuLayers,
				batchSize: batchTokens,
				sequences,
				// The library leaves it off for such models when it creates the context, and does not when it estimates one.
				flashAttention: insights.flashAttentionSupported ? "auto" : false,
				kvCacheKeyType: kvCacheType,
				kvCacheValueType: kvCacheType,
				useMmap,
			}),
		),
	};
	isSimulated = false;

	// Twice the weights: the file in the page cache, and the copy that a CPU may make of it.
	const neededBytes =
		2 * total(estimated.model) + total(estimated.context) + 2 ** 30;
	if (neededBytes > os.freemem())
		return {
			kind: "refused",
			why: `it may need ${formatBytes(neededBytes)}, and ${formatBytes(os.freemem())} are free`,
		};

	const before = processBytes();
	const startedMs = performance.now();
	const model = await llama.loadModel({
		modelPath: file,
		gpuLayers,
		useMmap,
		// The library would simulate the largest context that there is room for, and llama.cpp aborts where a driver cannot take it.
		ignoreMemorySafetyChecks: true,
	});
	const loadMs = performance.now() - startedMs;
	const afterModel = processBytes();
	const context = await model.createContext({
		contextSize: contextWindow,
		batchSize: batchTokens,
		sequences,
		threads: 1,
		experimentalKvCacheKeyType: kvType,
		experimentalKvCacheValueType: kvType,
	});
	return {
		kind: "measured",
		measurement: {
			cpuVariant,
			estimated,
			allocated: { model: model.memoryUsage, context: context.memoryUsage },
			process: { before, afterModel, afterContext: processBytes() },
			bufferMebibytes: Object.fromEntries(bufferMebibytes),
			loadMs: Math.round(loadMs),
		},
	};
}

function start(
	backend: Backend,
	onMessage: (message: string) => void,
): Promise<Llama> {
	return getLlama({
		gpu: backend === "vulkan" ? "vulkan" : false,
		build: "never",
		skipDownload: true,
		usePrebuiltBinaries: true,
		progressLogs: false,
		maxThreads: 1,
		logLevel: LlamaLogLevel.debug,
		logger: (level, message) => {
			if (level === LlamaLogLevel.error || level === LlamaLogLevel.fatal)
				process.stderr.write(`${message.trim()}\n`);
			onMessage(message);
		},
	});
}

function total({ ram, vram }: MemoryBytes): number {
	return ram + vram;
}

function ofEstimate(estimate: {
	cpuRam: number;
	gpuVram: number;
}): MemoryBytes {
	return { ram: estimate.cpuRam, vram: estimate.gpuVram };
}

/** Linux counts it; elsewhere there is nothing as exact. */
function processBytes(): ProcessBytes | null {
	if (process.platform !== "linux") return null;
	const text = readFileSync("/proc/self/smaps_rollup", "utf8");
	const bytesOf = (key: string) =>
		1024 * Number(new RegExp(`^${key}:\\s*(\\d+) kB`, "m").exec(text)?.[1]);
	return {
		resident: bytesOf("Rss"),
		anonymous: bytesOf("Anonymous"),
		privateDirty: bytesOf("Private_Dirty"),
		privateClean: bytesOf("Private_Clean"),
	};
}

async function answer(request: ProbeRequest): Promise<unknown> {
	if (request.kind === "fit") return measure(request);
	const llama = await start(request.backend, () => {});
	const [ram, vram] = [await llama.getRamState(), await llama.getVramState()];
	return reportedDevices({
		backend: llama.gpu,
		gpuNames: await llama.getGpuDeviceNames(),
		vram: {
			totalBytes: vram.total,
			freeBytes: vram.free,
			unifiedBytes: vram.unifiedSize,
		},
		ram: { totalBytes: ram.total, freeBytes: ram.free },
		cpuName: os.cpus()[0]?.model ?? "",
		cpuFeatures: llama.systemInfo,
	});
}

process.once("message", (request: ProbeRequest) => {
	answer(request).then(
		(found) => process.send?.(found, () => process.exit(0)),
		(thrown: unknown) => {
			process.stderr.write(
				`${thrown instanceof Error ? thrown.message : String(thrown)}\n`,
			);
			process.exitCode = 1;
			process.disconnect();
		},
	);
});
