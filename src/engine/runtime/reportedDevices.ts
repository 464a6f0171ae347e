/**
 * Turns the library's description of a machine into devices.
 *
 * The library reports only the total memory of all GPUs, so several GPUs become one device with all their names.
 */

import type { Device, Repacking } from "../../protocol/device.ts";

export interface MachineFacts {
	/** The library's name of the GPU backend; false on the CPU. */
	readonly backend: "metal" | "cuda" | "vulkan" | false;
	/** Discrete and integrated GPUs. Empty for a driver without a device. */
	readonly gpuNames: readonly string[];
	readonly vram: {
		readonly totalBytes: number;
		/** As reported by the driver; some always report all of it. */
		readonly freeBytes: number;
		/** The part of the total that is shared with RAM. */
		readonly unifiedBytes: number;
	};
	readonly ram: { readonly totalBytes: number; readonly freeBytes: number };
	readonly cpuName: string;
	/** In llama.cpp's format: `AVX2 = 1 | REPACK = 1`. */
	readonly cpuFeatures: string;
}

/** Vulkan on the CPU. These drivers report a discrete GPU; their memory limit is real, but their memory is RAM. */
const softwareDriver = /llvmpipe|lavapipe|swiftshader/i;

/** Their `maxStorageBufferRange`, which limits the tensors that llama.cpp puts on the device. Real GPUs have gigabytes. */
const softwareTensorBytes = 2 ** 27;

/** Which repacked weight format the CPU backend uses, in llama.cpp's order of preference. */
export function repackingOf(cpuFeatures: string): Repacking {
	const has = (feature: string) =>
		new RegExp(`\\b${feature} = 1`).test(cpuFeatures);
	if (has("AMX_INT8")) return "amx";
	if (!has("REPACK")) return "none";
	if (has("AVX2")) return "x86";
	return has("DOTPROD") || has("MATMUL_INT8") ? "arm" : "none";
}

export function reportedDevices(facts: MachineFacts): readonly Device[] {
	const { backend, gpuNames, vram, ram, cpuName } = facts;
	const cpu: Device = {
		id: "cpu",
		name: cpuName.trim() || "CPU",
		kind: "cpu",
		...ram,
		repacking: repackingOf(facts.cpuFeatures),
	};
	if (backend === false || gpuNames.length === 0 || vram.totalBytes === 0)
		return [cpu];
	const parts = gpuNames.length > 1 ? { parts: gpuNames } : {};
	const gpu = { id: `${backend}0`, name: gpuNames.join(" + "), ...parts };
	const isUnified = vram.unifiedBytes >= vram.totalBytes;
	if (backend === "metal" && isUnified)
		return [
			{
				...gpu,
				kind: "unified",
				totalBytes: ram.totalBytes,
				// Not RAM's free pages: on a Mac those are few, because macOS reclaims cached and idle memory on demand.
				freeBytes: vram.freeBytes,
				workingSetBytes: vram.totalBytes,
			},
		];
	if (gpuNames.every((it) => softwareDriver.test(it)))
		return [
			{
				...gpu,
				kind: "integrated",
				totalBytes: vram.totalBytes,
				freeBytes: vram.freeBytes,
				workingSetBytes: vram.totalBytes,
				largestTensorBytes: softwareTensorBytes,
			},
			cpu,
		];
	if (isUnified)
		return [
			{
				...gpu,
				kind: "integrated",
				totalBytes: vram.totalBytes,
				freeBytes: vram.freeBytes,
				workingSetBytes: vram.totalBytes,
			},
			cpu,
		];
	// llama.cpp ignores an integrated GPU beside a discrete one. The library does not say whose memory is in use: assume the discrete one's.
	const discrete = (bytes: number) => Math.max(0, bytes - vram.unifiedBytes);
	return [
		{
			...gpu,
			kind: "discrete",
			totalBytes: discrete(vram.totalBytes),
			freeBytes: discrete(vram.freeBytes),
		},
		cpu,
	];
}
