/**
 * The control groups of a Linux process, which limit memory and processor time below what the machine has: in containers, by systemd, on shared
 * servers. A limit anywhere up the chain counts. Pure: the caller reads files. Formats: cgroups(7), and `Documentation/admin-guide/cgroup-v1`
 * and `cgroup-v2.rst` of the kernel.
 */

/** The text of a file; undefined where it cannot be read. */
export type ReadText = (file: string) => string | undefined;

/** The memory that a process may have. */
export interface MemoryReading {
	readonly totalBytes: number;
	/** What can be allocated without swapping. The page cache counts: the kernel gives it back on demand. */
	readonly availableBytes: number;
}

type Version = 1 | 2;

interface Folder {
	readonly version: Version;
	readonly path: string;
}

/** Version 1 writes a number near 2^63 where there is no limit. */
const noLimitBytes = 2 ** 60;

/** Each limit on memory, from the process's own group upwards; empty where there is none. */
export function memoryLimits(read: ReadText): readonly MemoryReading[] {
	return foldersOf("memory", read).flatMap(({ version, path }) => {
		const number = (name: string) => numberIn(read(`${path}/${name}`));
		const limits =
			version === 2
				? [number("memory.max"), number("memory.high")]
				: [number("memory.limit_in_bytes")];
		const totalBytes = Math.min(...limits.filter((it) => it !== undefined));
		if (totalBytes >= noLimitBytes) return [];
		const usedBytes =
			number(version === 2 ? "memory.current" : "memory.usage_in_bytes") ?? 0;
		const heldBytes = usedBytes - reclaimable(read(`${path}/memory.stat`));
		return [
			{
				totalBytes,
				availableBytes: Math.max(0, totalBytes - Math.max(0, heldBytes)),
			},
		];
	});
}

/** The processors' time that a process gets per unit of time, as a number of cores such as 0.5; undefined where there is no limit. */
export function cpuQuota(read: ReadText): number | undefined {
	const quotas = foldersOf("cpu", read).flatMap(({ version, path }) => {
		const [quota, period] =
			version === 2
				? (read(`${path}/cpu.max`) ?? "").trim().split(/\s+/).map(Number)
				: [
						numberIn(read(`${path}/cpu.cfs_quota_us`)),
						numberIn(read(`${path}/cpu.cfs_period_us`)),
					];
		// "max" in version 2, and -1 in version 1, are no limit.
		return quota && period && quota > 0 && period > 0 ? [quota / period] : [];
	});
	return quotas.length > 0 ? Math.min(...quotas) : undefined;
}

/** Pages of files, and what the kernel itself can give back. Shared memory is in neither. */
function reclaimable(stat: string | undefined): number {
	const values = new Map(
		(stat ?? "").split("\n").map((line) => {
			const [name = "", value] = line.split(" ");
			return [name, Number(value)] as const;
		}),
	);
	const sum = (...names: readonly string[]) =>
		names.reduce((total, name) => total + (values.get(name) || 0), 0);
	// Version 1 has the same names for the group alone, and those with "total_" for all that is below it.
	return values.has("total_inactive_file")
		? sum("total_inactive_file", "total_active_file")
		: sum("inactive_file", "active_file", "slab_reclaimable");
}

/** The process's own group of a controller and those above it, as far as they can be seen from here; in both versions where both are mounted. */
function foldersOf(controller: string, read: ReadText): readonly Folder[] {
	const groups = read("/proc/self/cgroup") ?? "";
	return mountsIn(read("/proc/self/mountinfo") ?? "").flatMap((mount) => {
		const { version, controllers, root, point } = mount;
		if (version === 1 && !controllers.includes(controller)) return [];
		const group = groupOf(groups, version, controller);
		if (group === undefined) return [];
		const below = group === root ? "" : withoutRoot(group, root);
		const steps = below.split("/").filter((it) => it !== "");
		return steps
			.map((_, index) => `${point}/${steps.slice(0, index + 1).join("/")}`)
			.reverse()
			.concat(point)
			.map((path) => ({ version, path }));
	});
}

/** In a container, the mount may begin at the container's own group, which the path names from the root of the machine. */
function withoutRoot(group: string, root: string): string {
	if (root === "/") return group;
	return group.startsWith(`${root}/`) ? group.slice(root.length) : "";
}

function groupOf(
	groups: string,
	version: Version,
	controller: string,
): string | undefined {
	for (const line of groups.split("\n")) {
		const [id, names = "", ...path] = line.split(":");
		const isIt =
			version === 2
				? id === "0" && names === ""
				: names.split(",").includes(controller);
		if (isIt) return path.join(":");
	}
	return undefined;
}

interface Mount {
	readonly version: Version;
	readonly controllers: readonly string[];
	readonly root: string;
	readonly point: string;
}

/** See proc_pid_mountinfo(5): optional fields end with a hyphen. */
function mountsIn(mountInfo: string): readonly Mount[] {
	return mountInfo.split("\n").flatMap((line): Mount[] => {
		const fields = line.split(" ");
		const [, , , root, point] = fields;
		const [type, , options = ""] = fields.slice(fields.indexOf("-") + 1);
		if (root === undefined || point === undefined) return [];
		const isCgroup = type === "cgroup" || type === "cgroup2";
		if (!isCgroup) return [];
		return [
			{
				version: type === "cgroup2" ? 2 : 1,
				controllers: options.split(","),
				root: unescaped(root),
				point: unescaped(point),
			},
		];
	});
}

/** The kernel writes white space in octal. */
function unescaped(path: string): string {
	return path.replace(/\\([0-7]{3})/g, (_, octal: string) =>
		String.fromCharCode(Number.parseInt(octal, 8)),
	);
}

function numberIn(text: string | undefined): number | undefined {
	const value = Number.parseInt(text ?? "", 10);
	return Number.isFinite(value) ? value : undefined;
}
