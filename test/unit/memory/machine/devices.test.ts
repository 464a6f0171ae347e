import assert from "node:assert/strict";
import {
	bandwidthOf,
	cpuPlacement,
	gpuPlacements,
	usableBytes,
} from "../../../../src/memory/machine/devices.ts";
import type { Device, DeviceKind } from "../../../../src/protocol/device.ts";

const gib = 2 ** 30;

function device(
	kind: DeviceKind,
	totalGib: number,
	freeGib: number,
	more: Partial<Device> = {},
): Device {
	return {
		id: kind,
		name: kind,
		kind,
		totalBytes: totalGib * gib,
		freeBytes: freeGib * gib,
		...more,
	};
}

describe("usableBytes", () => {
	const cases: readonly (readonly [string, Device, gib: number])[] = [
		["what the driver says is free", device("discrete", 8, 7.5), 7.5],
		[
			"less where the driver says that all is free: it does not tell",
			device("discrete", 8, 8),
			7,
		],
		[
			"nothing of a tiny card that does not tell",
			device("discrete", 0.5, 0.5),
			0,
		],
		["no more than there is", device("cpu", 8, 9), 8],
		["nothing where less than nothing is free", device("cpu", 8, -1), 0],
		["two thirds of unified memory", device("unified", 36, 36), 24],
		["three quarters of more than 36 GB", device("unified", 64, 60), 48],
		[
			"the limit that macOS itself names",
			device("unified", 64, 60, { workingSetBytes: 40 * gib }),
			40,
		],
		["what is free, where that is less", device("unified", 64, 10), 10],
		["all but 4 GB of a small unified memory", device("unified", 8, 8), 4],
	];
	for (const [what, it_, expected] of cases)
		it(`is ${what}`, () => assert.equal(usableBytes(it_) / gib, expected));
});

describe("placements", () => {
	const ram = device("cpu", 32, 20);
	const integrated = device("integrated", 1, 1);
	const slow = device("discrete", 12, 11, {
		id: "slow",
		name: "NVIDIA GeForce RTX 3060",
	});
	const fast = device("discrete", 8, 7, {
		id: "fast",
		name: "NVIDIA GeForce RTX 3080",
	});
	const unified = device("unified", 36, 30, { name: "Apple M3 Max" });
	const ids = (devices: readonly Device[]) =>
		gpuPlacements(devices).map(({ gpus, host }) =>
			[...gpus.map(({ id }) => id), host.id].join(" "),
		);
	const cases: readonly (readonly [
		string,
		devices: readonly Device[],
		expected: readonly string[],
	])[] = [
		["no GPU", [ram], []],
		["one", [ram, slow], ["slow cpu"]],
		[
			"several: each alone, the fastest first, then all",
			[slow, ram, fast],
			["fast cpu", "slow cpu", "fast slow cpu"],
		],
		[
			"three: also the fastest two",
			[slow, { ...slow, id: "slower", freeBytes: gib }, fast, ram],
			[
				"fast cpu",
				"slow cpu",
				"slower cpu",
				"fast slow cpu",
				"fast slow slower cpu",
			],
		],
		[
			"an integrated one beside a discrete one is left alone",
			[integrated, ram, slow],
			["slow cpu"],
		],
		["an integrated one alone", [integrated, ram], ["integrated cpu"]],
		["unified memory is its own host", [unified], ["unified unified"]],
	];
	for (const [what, devices, expected] of cases)
		it(what, () => assert.deepEqual(ids(devices), expected));

	it("has the CPU as a place where there is RAM of its own", () => {
		assert.deepEqual(cpuPlacement([ram, slow]), { gpus: [], host: ram });
		assert.equal(cpuPlacement([unified]), undefined);
	});
});

describe("bandwidthOf", () => {
	it("prefers a measurement to the table, and the table to an assumption", () => {
		const known = device("discrete", 8, 7, { name: "NVIDIA GeForce RTX 4060" });
		assert.deepEqual(bandwidthOf(known), {
			bytesPerSecond: 272e9,
			source: "table",
		});
		assert.deepEqual(
			bandwidthOf({ ...known, bandwidthBytesPerSecond: 250e9 }),
			{
				bytesPerSecond: 250e9,
				source: "measured",
			},
		);
		assert.equal(bandwidthOf(device("discrete", 8, 7)).source, "assumed");
	});
});
