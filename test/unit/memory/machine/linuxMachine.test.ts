import assert from "node:assert/strict";
import {
	cpuQuota,
	type ReadText,
} from "../../../../src/memory/machine/cgroups.ts";
import {
	linuxCores,
	linuxMemory,
} from "../../../../src/memory/machine/linuxMachine.ts";

const gib = 2 ** 30;

type Files = Readonly<Record<string, string | number>>;

const readerOf =
	(...files: readonly Files[]): ReadText =>
	(file) => {
		const text = Object.assign({}, ...files)[file];
		return text === undefined ? undefined : `${text}\n`;
	};

const memInfo = (totalGib: number, freeGib: number, availableGib: number) => {
	const kilobytes = (it: number) => Math.round(it * 2 ** 20);
	return {
		"/proc/meminfo": [
			`MemTotal:       ${kilobytes(totalGib)} kB`,
			`MemFree:         ${kilobytes(freeGib)} kB`,
			`MemAvailable:   ${kilobytes(availableGib)} kB`,
			"Buffers:           16088 kB",
			"Active(anon):          0 kB",
		].join("\n"),
	};
};

const mount = "/sys/fs/cgroup";

function version2(group: string, files: Files = {}, root = "/"): Files {
	return {
		"/proc/self/cgroup": `0::${group}`,
		"/proc/self/mountinfo": [
			"22 1 254:0 / / rw,relatime - ext4 /dev/root rw",
			`30 22 0:26 ${root} ${mount} rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate`,
		].join("\n"),
		...files,
	};
}

function version1(group: string, files: Files = {}, root = "/"): Files {
	return {
		"/proc/self/cgroup": [
			`9:cpu,cpuacct:${group}`,
			`4:memory:${group}`,
			"1:name=systemd:/init.scope",
			"0::/init.scope",
		].join("\n"),
		"/proc/self/mountinfo": [
			`35 31 0:32 ${root} ${mount}/memory rw,relatime - cgroup cgroup rw,memory`,
			`36 31 0:33 ${root} ${mount}/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct`,
			"37 31 0:34 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd",
		].join("\n"),
		...files,
	};
}

const noLimit = "9223372036854771712";

describe("the memory of a Linux machine", () => {
	it("counts what the kernel can reclaim as available", () => {
		const memory = linuxMemory(readerOf(memInfo(23.5, 2.2, 19)));
		assert.ok(memory);
		assert.equal(memory.totalBytes, 23.5 * gib);
		assert.ok(Math.abs(memory.availableBytes - 19 * gib) < 2048);
	});

	it("is estimated where an old kernel does not say what is available", () => {
		const memory = linuxMemory(
			readerOf({
				"/proc/meminfo":
					"MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 20 kB\nCached: 300 kB",
			}),
		);
		assert.equal(memory?.availableBytes, 420 * 1024);
	});

	it("is unknown where nothing can be read", () => {
		assert.equal(linuxMemory(readerOf()), undefined);
		assert.equal(
			linuxMemory(readerOf({ "/proc/meminfo": "nonsense" })),
			undefined,
		);
	});

	const host = memInfo(64, 7.08, 48);
	/** As measured in a container of a user's: the limit, what is charged to it, and how much of that is anonymous or of files. */
	const charged = {
		"memory.current": 25.69 * gib,
		"memory.stat": [
			`anon ${0.44 * gib}`,
			`file ${24.94 * gib}`,
			`inactive_file ${10.71 * gib}`,
			`active_file ${14.23 * gib}`,
			`slab_reclaimable ${0.2 * gib}`,
		].join("\n"),
		"memory.max": 32 * gib,
		"memory.high": "max",
	};
	const at = (folder: string, files: Files): Files =>
		Object.fromEntries(
			Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]),
		);

	for (const [what, files] of [
		[
			"named from the machine's root",
			version2("/docker/abc", at(`${mount}/docker/abc`, charged)),
		],
		["in a namespace of its own", version2("/", at(mount, charged))],
		[
			"mounted at its own group",
			version2("/docker/abc", at(mount, charged), "/docker/abc"),
		],
		[
			"whose parent has the limit",
			version2("/a.slice/b.scope", {
				...at(`${mount}/a.slice`, charged),
				...at(`${mount}/a.slice/b.scope`, {
					"memory.max": "max",
					"memory.current": gib,
				}),
			}),
		],
		[
			"of version 1",
			version1("/docker/abc", {
				...at(`${mount}/memory/docker/abc`, {
					"memory.limit_in_bytes": 32 * gib,
					"memory.usage_in_bytes": 25.69 * gib,
					"memory.stat": `cache 5\ninactive_file 1\ntotal_inactive_file ${10.71 * gib}\ntotal_active_file ${14.23 * gib}`,
				}),
				...at(`${mount}/memory`, { "memory.limit_in_bytes": noLimit }),
			}),
		],
	] as const)
		it(`is that of the container: ${what}`, () => {
			const memory = linuxMemory(readerOf(host, files));
			assert.ok(memory);
			assert.equal(memory.totalBytes, 32 * gib);
			const right = (32 - (25.69 - 10.71 - 14.23)) * gib;
			assert.ok(
				Math.abs(memory.availableBytes / right - 1) < 0.05,
				`${memory.availableBytes / gib}`,
			);
		});

	it("is the machine's where no limit is set", () => {
		for (const files of [
			version2(
				"/user.slice",
				at(`${mount}/user.slice`, { ...charged, "memory.max": "max" }),
			),
			version1(
				"/x",
				at(`${mount}/memory/x`, {
					"memory.limit_in_bytes": noLimit,
					"memory.usage_in_bytes": gib,
				}),
			),
		])
			assert.deepEqual(
				linuxMemory(readerOf(host, files)),
				linuxMemory(readerOf(host)),
			);
	});

	it("is the smallest of all limits up the chain, which may be a soft one", () => {
		const memory = linuxMemory(
			readerOf(
				host,
				version2("/a/b/c", {
					...at(`${mount}/a`, {
						"memory.max": 8 * gib,
						"memory.current": 7 * gib,
					}),
					...at(`${mount}/a/b`, {
						"memory.max": 6 * gib,
						"memory.high": 4 * gib,
						"memory.current": gib,
					}),
					...at(`${mount}/a/b/c`, {
						"memory.max": 16 * gib,
						"memory.current": gib,
					}),
				}),
			),
		);
		assert.deepEqual(memory, { totalBytes: 4 * gib, availableBytes: gib });
	});

	it("is never below nothing", () => {
		const memory = linuxMemory(
			readerOf(
				host,
				version2(
					"/a",
					at(`${mount}/a`, { "memory.max": gib, "memory.current": 2 * gib }),
				),
			),
		);
		assert.deepEqual(memory, { totalBytes: gib, availableBytes: 0 });
	});
});

describe("the quota of processor time", () => {
	for (const [what, files, quota] of [
		[
			"version 2",
			version2("/a", { [`${mount}/a/cpu.max`]: "50000 100000" }),
			0.5,
		],
		[
			"version 2, without a limit",
			version2("/a", { [`${mount}/a/cpu.max`]: "max 100000" }),
			undefined,
		],
		[
			"of a parent",
			version2("/a/b", {
				[`${mount}/a/cpu.max`]: "150000 100000",
				[`${mount}/a/b/cpu.max`]: "400000 100000",
			}),
			1.5,
		],
		[
			"version 1",
			version1("/a", {
				[`${mount}/cpu,cpuacct/a/cpu.cfs_quota_us`]: 250_000,
				[`${mount}/cpu,cpuacct/a/cpu.cfs_period_us`]: 100_000,
			}),
			2.5,
		],
		[
			"version 1, without a limit",
			version1("/a", {
				[`${mount}/cpu,cpuacct/a/cpu.cfs_quota_us`]: -1,
				[`${mount}/cpu,cpuacct/a/cpu.cfs_period_us`]: 100_000,
			}),
			undefined,
		],
		["no control groups", {}, undefined],
	] as const)
		it(`is read: ${what}`, () =>
			assert.equal(cpuQuota(readerOf(files)), quota));
});

describe("cores for threads", () => {
	/** Each list shares a core. */
	const topology = (...siblings: readonly (readonly number[])[]): Files => ({
		"/sys/devices/system/cpu/online": `0-${siblings.flat().length - 1}`,
		...Object.fromEntries(
			siblings.flatMap((them) =>
				them.map((cpu) => [
					`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`,
					them.join(","),
				]),
			),
		),
	});
	const allowed = (list: string): Files => ({
		"/proc/self/status": `Name:\tnode\nCpus_allowed_list:\t${list}`,
	});
	const quota = (cores: number) =>
		version2("/a", { [`${mount}/a/cpu.max`]: `${cores * 100_000} 100000` });
	const eight = topology([0, 4], [1, 5], [2, 6], [3, 7]);

	for (const [what, files, processors, cores] of [
		["hyper-threads are not cores", [eight], 8, 4],
		["only those that the process may run on", [eight, allowed("0-1,4")], 3, 2],
		["a quota of half a core is one thread", [eight, quota(0.5)], 8, 1],
		["a quota is rounded down", [eight, quota(2.9)], 8, 2],
		["two processors of one core are two", [topology([0, 1])], 2, 2],
		[
			"efficiency cores of Intel are left out",
			[
				topology([0, 1], [2, 3], [4], [5], [6], [7]),
				{
					"/sys/devices/cpu_core/cpus": "0-3",
					"/sys/devices/cpu_atom/cpus": "4-7",
				},
			],
			8,
			2,
		],
		[
			"efficiency cores of Arm are left out",
			[
				topology([0], [1], [2], [3], [4], [5]),
				Object.fromEntries(
					[446, 446, 446, 1024, 1024, 1000].map((capacity, cpu) => [
						`/sys/devices/system/cpu/cpu${cpu}/cpu_capacity`,
						capacity,
					]),
				),
			],
			6,
			3,
		],
		["without a topology, processors are cores", [], 6, 6],
		["one at least", [quota(0.1)], 1, 1],
	] as const)
		it(`${what}`, () =>
			assert.equal(linuxCores(readerOf(...files), processors), cores));
});
