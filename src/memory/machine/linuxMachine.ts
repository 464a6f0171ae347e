/** What a process on Linux may really use: memory, and cores that are worth a thread. Pure: the caller reads files. */

import {
	cpuQuota,
	type MemoryReading,
	memoryLimits,
	type ReadText,
} from "./cgroups.ts";

/**
 * The machine's memory, or less where a control group limits it. What can be reclaimed is available: the kernel's own estimate, `MemAvailable`.
 *
 * @returns undefined where the system does not say.
 */
export function linuxMemory(read: ReadText): MemoryReading | undefined {
	const info = new Map(
		(read("/proc/meminfo") ?? "").split("\n").map((line) => {
			const [name = "", kilobytes] = line.split(":");
			return [name, 1024 * Number.parseInt(kilobytes ?? "", 10)] as const;
		}),
	);
	const bytes = (name: string): number | undefined => {
		const value = info.get(name);
		return Number.isFinite(value) ? value : undefined;
	};
	const totalBytes = bytes("MemTotal");
	const freeBytes = bytes("MemFree");
	if (totalBytes === undefined || freeBytes === undefined) return undefined;
	const machine = {
		totalBytes,
		availableBytes:
			bytes("MemAvailable") ??
			// Kernels before 3.14.
			freeBytes + (bytes("Buffers") ?? 0) + (bytes("Cached") ?? 0),
	};
	const all = [machine, ...memoryLimits(read)];
	return {
		totalBytes: Math.min(...all.map((it) => it.totalBytes)),
		availableBytes: Math.min(...all.map((it) => it.availableBytes)),
	};
}

/** Up to so many, hyper-threads count as cores: small virtual machines have nothing else, and gain from the second. */
const fewProcessors = 2;

/**
 * Cores on which a thread of llama.cpp makes it faster: physical ones, without the slower kind where there are two kinds, and never more than
 * the quota of processor time. At least 1.
 *
 * @param processors that the process may run on, hyper-threads included.
 */
export function linuxCores(read: ReadText, processors: number): number {
	const quota = cpuQuota(read) ?? Number.POSITIVE_INFINITY;
	const fast = fastProcessors(read);
	const physical = new Set(
		fast.map(
			(cpu) =>
				read(
					`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`,
				)?.trim() ?? `${cpu}`,
		),
	).size;
	const cores = Math.max(
		physical || processors,
		Math.min(processors, fewProcessors),
	);
	return Math.max(1, Math.floor(Math.min(cores, processors, quota)));
}

/** Those of the processors that this process may run on that are of the fastest kind. */
function fastProcessors(read: ReadText): readonly number[] {
	const allowed = (read("/proc/self/status") ?? "")
		.split("\n")
		.find((line) => line.startsWith(allowedPrefix))
		?.slice(allowedPrefix.length);
	const all = listed(allowed ?? read("/sys/devices/system/cpu/online"));
	// Of Intel's hybrid processors.
	const performance = new Set(listed(read("/sys/devices/cpu_core/cpus")));
	const ofIntel = all.filter((it) => performance.has(it));
	if (ofIntel.length > 0) return ofIntel;
	// Of Arm's, relative to the fastest of the machine, which has 1024.
	const capacities = all.map((cpu) =>
		Number(
			read(`/sys/devices/system/cpu/cpu${cpu}/cpu_capacity`) ?? Number.NaN,
		),
	);
	const max = Math.max(0, ...capacities.filter(Number.isFinite));
	return max === 0
		? all
		: all.filter((_, index) => (capacities[index] ?? 0) >= max * sameKind);
}

const allowedPrefix = "Cpus_allowed_list:";

/** The share of the fastest core's capacity from which a core counts as fast: efficiency cores have some 0.2 to 0.5. */
const sameKind = 0.75;

/** Parses a list of processors, such as `0-3,8,10-11`. */
function listed(list: string | undefined): readonly number[] {
	return (list ?? "")
		.trim()
		.split(",")
		.flatMap((range) => {
			const [first, last = first] = range.split("-").map(Number);
			if (range === "" || first === undefined || last === undefined) return [];
			if (!Number.isInteger(first) || !Number.isInteger(last)) return [];
			return Array.from(
				{ length: Math.min(maxProcessors, last - first + 1) },
				(_, index) => first + index,
			);
		});
}

/** More than any machine has. */
const maxProcessors = 8192;
