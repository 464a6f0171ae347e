/**
 * From what the library tells of a machine to its devices.
 *
 * It adds the memory of all GPUs up and tells them apart by their names alone, so several of them are one device here, named after all.
 */

import type { Device, Repacking } from "../../protocol/device.ts";

export interface MachineFacts {
	/** The library's name of the backend; false where it runs without any. */
	readonly backend: "metal" | "cuda" | "vulkan" | false;
	/** Of discrete and integrated GPUs alike. A backend may have none: a driver without a device. */
	readonly gpuNames: readonly string[];
	readonly vram: {
		readonly totalBytes: number;
		/** As the driver says, which may be that all is. */
		readonly freeBytes: number;
		/** Of the total, that of GPUs which share the RAM. */
		readonly unifiedBytes: number;
	};
	readonly ram: { readonly totalBytes: number; readonly freeBytes: number };
	readonly cpuName: string;
	/** As llama.cpp lists them: `AVX2 = 1 | REPACK = 1`. */
	readonly cpuFeatures: string;
}

/** Vulkan on the CPU. Its drivers pass for discrete GPUs, and their limit is real while their memory is the RAM. */
const softwareDriver = /llvmpipe|lavapipe|swiftshader/i;

/** Of such drivers: `maxStorageBufferRange`, by which llama.cpp decides what it can give to the device. Real ones have gigabytes. */
const softwareTensorBytes = 2 ** 27;

/** The name of a build says less than what it uses: AMX first, as in llama.cpp. */
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
				// Free pages are few on a Mac in use: what is cached or idle is given back when it is asked for.
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
	// Beside a discrete GPU, llama.cpp leaves an integrated one alone. Whose memory is in use is not told: the discrete one's, at the worst.
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
