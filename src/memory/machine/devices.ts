/** The devices of a machine: how much of their memory a plan may use, and where a model can be placed. */

import { assert } from "../../base/assert.ts";
import type { Device, DeviceKind } from "../../protocol/device.ts";
import { bandwidthOfDevice } from "./bandwidths.ts";

const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;

/** Where a model is placed. Without GPUs, the host evaluates it. */
export interface Placement {
	/** In the order in which layers are assigned to them. */
	readonly gpus: readonly Device[];
	/** Its memory holds what is not on a GPU. */
	readonly host: Device;
}

/**
 * Assumed use by the desktop, for cards whose driver does not report it: Vulkan without VK_EXT_memory_budget reports all memory as
 * free. A desktop takes 1 to 2 GiB; the margin covers the rest.
 */
const unreportedUseBytes = gibibyte;

/** Reserved for the operating system, the editor and its language servers on unified memory. */
const minLeftOfUnifiedBytes = 4 * gibibyte;

/** The memory that a plan may use, including its margin. */
export function usableBytes(device: Device): number {
	const { kind, totalBytes, freeBytes } = device;
	const reportedBytes = Math.max(0, Math.min(freeBytes, totalBytes));
	switch (kind) {
		case "discrete":
			return reportedBytes < totalBytes
				? reportedBytes
				: Math.max(0, reportedBytes - unreportedUseBytes);
		case "unified":
			return Math.max(
				0,
				Math.min(
					reportedBytes,
					workingSetBytes(device),
					totalBytes - minLeftOfUnifiedBytes,
				),
			);
		default:
			return Math.min(reportedBytes, device.workingSetBytes ?? reportedBytes);
	}
}

/** `recommendedMaxWorkingSetSize`, or the default of macOS: two thirds of the memory up to 36 GB, three quarters above. */
function workingSetBytes({ totalBytes, workingSetBytes }: Device): number {
	return (
		workingSetBytes ??
		totalBytes * (totalBytes <= 36 * gibibyte ? 2 / 3 : 3 / 4)
	);
}

/**
 * What a plan leaves free on a device, for estimation errors and for other programs. For GPUs 1 GiB, llama.cpp's own default
 * (`--fit-target`); for RAM a quarter, up to 2 GiB, because swapping is slower than spilling.
 */
export function marginBytes({
	kind,
	totalBytes,
}: Pick<Device, "kind" | "totalBytes">): number {
	switch (kind) {
		case "discrete":
		case "unified":
			return gibibyte;
		default:
			return Math.min(totalBytes / 4, 2 * gibibyte);
	}
}

/**
 * What a process takes on a device before it loads a model: contexts and kernels. 457 MiB, and 512 on Metal, are what Ollama reserves;
 * 200 MiB is the engine process with its libraries.
 */
export function runtimeBytes({ kind }: Device): number {
	switch (kind) {
		case "discrete":
		case "integrated":
			return 457 * mebibyte;
		case "unified":
			return 512 * mebibyte;
		default:
			return 200 * mebibyte;
	}
}

export interface Bandwidth {
	readonly bytesPerSecond: number;
	readonly source: "measured" | "table" | "assumed";
}

/** For unknown devices: a low estimate in GB/s, until the first measurement. GTX 1650, dual-channel DDR4-3200, M1. */
const assumedGigabytesPerSecond: Readonly<Record<DeviceKind, number>> = {
	discrete: 128,
	integrated: 51.2,
	unified: 68,
	cpu: 51.2,
};

export function bandwidthOf(device: Device): Bandwidth {
	if (device.bandwidthBytesPerSecond !== undefined)
		return {
			bytesPerSecond: device.bandwidthBytesPerSecond,
			source: "measured",
		};
	const known = bandwidthOfDevice(device.name);
	return known === undefined
		? {
				bytesPerSecond: assumedGigabytesPerSecond[device.kind] * 1e9,
				source: "assumed",
			}
		: { bytesPerSecond: known, source: "table" };
}

/**
 * The possible GPU placements, best first: the fastest GPU alone, the others alone, then the fastest two together and so on. One GPU
 * is better than two: each needs buffers of its own, and they take turns. An integrated GPU counts only if there is no discrete one,
 * as in llama.cpp. Empty without a GPU.
 */
export function gpuPlacements(
	devices: readonly Device[],
): readonly Placement[] {
	const host = hostOf(devices);
	const discrete = fastestFirst(devices, "discrete");
	const shared = fastestFirst(
		devices,
		host.kind === "unified" ? "unified" : "integrated",
	);
	const gpus = discrete.length > 0 ? discrete : shared.slice(0, 1);
	const alone = gpus.map((gpu) => [gpu]);
	const together = gpus.slice(1).map((_, i) => gpus.slice(0, i + 2));
	return [...alone, ...together].map((them) => ({ gpus: them, host }));
}

/** Undefined on unified memory, where the CPU would only read the same memory more slowly. */
export function cpuPlacement(
	devices: readonly Device[],
): Placement | undefined {
	const host = hostOf(devices);
	return host.kind === "cpu" ? { gpus: [], host } : undefined;
}

/** Whether the GPU allocates from the memory of the host. */
export function sharesMemory({ kind }: Device): boolean {
	return kind === "integrated" || kind === "unified";
}

function hostOf(devices: readonly Device[]): Device {
	const host =
		devices.find(({ kind }) => kind === "unified") ??
		devices.find(({ kind }) => kind === "cpu");
	assert(host, "a machine has memory of its own");
	return host;
}

function fastestFirst(
	devices: readonly Device[],
	kind: DeviceKind,
): readonly Device[] {
	return devices
		.filter((it) => it.kind === kind)
		.sort(
			(a, b) =>
				bandwidthOf(b).bytesPerSecond - bandwidthOf(a).bytesPerSecond ||
				usableBytes(b) - usableBytes(a) ||
				(a.id < b.id ? -1 : 1),
		);
}
