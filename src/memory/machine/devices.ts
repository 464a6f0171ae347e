/** What a machine has to offer: its devices, how much of their memory may be taken, and where a model can be put. */

import { assert } from "../../base/assert.ts";
import type { Device, DeviceKind } from "../../protocol/device.ts";
import { bandwidthOfDevice } from "./bandwidths.ts";

const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;

/** Where a model is put. Without GPUs, the host is what evaluates it. */
export interface Placement {
	/** In the order in which layers are laid over them. */
	readonly gpus: readonly Device[];
	/** Whose memory holds what is not on a GPU. */
	readonly host: Device;
}

/**
 * What a desktop may hold of a card whose driver does not tell. Vulkan without VK_EXT_memory_budget says that all is free; a
 * desktop takes 1 to 2 GiB, and the margin is on top.
 */
const untoldUseBytes = gibibyte;

/** What the operating system, the editor and its language servers are left of unified memory at least. */
const minLeftOfUnifiedBytes = 4 * gibibyte;

/** The most that may be in use by a plan, its margin included. */
export function usableBytes(device: Device): number {
	const { kind, totalBytes, freeBytes } = device;
	const told = Math.max(0, Math.min(freeBytes, totalBytes));
	switch (kind) {
		case "discrete":
			return told < totalBytes ? told : Math.max(0, told - untoldUseBytes);
		case "unified":
			return Math.max(
				0,
				Math.min(
					told,
					workingSetBytes(device),
					totalBytes - minLeftOfUnifiedBytes,
				),
			);
		default:
			return Math.min(told, device.workingSetBytes ?? told);
	}
}

/** `recommendedMaxWorkingSetSize`, or what macOS makes of it: two thirds of the memory up to 36 GB, three quarters above. */
function workingSetBytes({ totalBytes, workingSetBytes }: Device): number {
	return (
		workingSetBytes ??
		totalBytes * (totalBytes <= 36 * gibibyte ? 2 / 3 : 3 / 4)
	);
}

/**
 * What a plan leaves free of a device: for errors of the estimate and for what other programs take next. 1 GiB of a GPU's is
 * llama.cpp's own choice (`--fit-target`); RAM is left a quarter of itself up to 2 GiB, because a machine that swaps is slower than a model that spills.
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
 * What a process takes on a device before any model: contexts and kernels. 457 MiB and 512 on Metal are what Ollama reserves; 200 MiB is the
 * engine process with its libraries.
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

/** For devices that nobody knows: rather too slow, so that the first measurement is a good surprise. GB/s: GTX 1650, DDR4-3200 on two channels, M1. */
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
 * Where a model can be put on this machine's GPUs, the best place first: the fastest single one, the others alone, then the fastest two
 * together and so on. One is better than two: each has its own buffers, and they work one after the other. An integrated GPU counts only where
 * there is no discrete one, as in llama.cpp. None where there is no GPU.
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

/** Evaluated by the CPU. On unified memory there is no reason to: it reads the same memory more slowly. */
export function cpuPlacement(
	devices: readonly Device[],
): Placement | undefined {
	const host = hostOf(devices);
	return host.kind === "cpu" ? { gpus: [], host } : undefined;
}

/** Whether what is on this GPU comes out of the host's memory. */
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
