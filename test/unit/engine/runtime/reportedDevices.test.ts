import assert from "node:assert/strict";
import {
	type MachineFacts,
	repackingOf,
	reportedDevices,
} from "../../../../src/engine/runtime/reportedDevices.ts";
import { usableBytes } from "../../../../src/memory/machine/devices.ts";
import { Device } from "../../../../src/protocol/device.ts";

const gib = 2 ** 30;
const ram = { totalBytes: 32 * gib, freeBytes: 20 * gib };
const cpu: Device = {
	id: "cpu",
	name: "Ryzen 7",
	kind: "cpu",
	...ram,
	repacking: "x86",
};
const vram = (total: number, free: number, unified = 0) => ({
	totalBytes: total * gib,
	freeBytes: free * gib,
	unifiedBytes: unified * gib,
});
const facts: MachineFacts = {
	backend: false,
	gpuNames: [],
	vram: vram(0, 0),
	ram,
	cpuName: " Ryzen 7 ",
	cpuFeatures: "CPU : AVX2 = 1 | REPACK = 1 | ",
};

const machines: Readonly<
	Record<string, readonly [Partial<MachineFacts>, readonly Device[]]>
> = {
	"no GPU": [{}, [cpu]],
	"a driver without a device": [{ backend: "vulkan" }, [cpu]],
	"a discrete GPU": [
		{ backend: "cuda", gpuNames: ["RTX 4070"], vram: vram(12, 10) },
		[
			{
				id: "cuda0",
				name: "RTX 4070",
				kind: "discrete",
				totalBytes: 12 * gib,
				freeBytes: 10 * gib,
			},
			cpu,
		],
	],
	"two, whose memory is told as one": [
		{ backend: "cuda", gpuNames: ["A", "B"], vram: vram(36, 30) },
		[
			{
				id: "cuda0",
				name: "A + B",
				parts: ["A", "B"],
				kind: "discrete",
				totalBytes: 36 * gib,
				freeBytes: 30 * gib,
			},
			cpu,
		],
	],
	"a discrete and an integrated one: only the first counts": [
		{ backend: "vulkan", gpuNames: ["A", "iGPU"], vram: vram(24, 22, 16) },
		[
			{
				id: "vulkan0",
				name: "A + iGPU",
				parts: ["A", "iGPU"],
				kind: "discrete",
				totalBytes: 8 * gib,
				freeBytes: 6 * gib,
			},
			cpu,
		],
	],
	"an integrated one": [
		{ backend: "vulkan", gpuNames: ["iGPU"], vram: vram(16, 16, 16) },
		[
			{
				id: "vulkan0",
				name: "iGPU",
				kind: "integrated",
				totalBytes: 16 * gib,
				freeBytes: 16 * gib,
				workingSetBytes: 16 * gib,
			},
			cpu,
		],
	],
	"a CPU that passes for a GPU": [
		{
			backend: "vulkan",
			gpuNames: ["llvmpipe (LLVM 15.0.6, 256 bits)"],
			vram: vram(2, 2),
		},
		[
			{
				id: "vulkan0",
				name: "llvmpipe (LLVM 15.0.6, 256 bits)",
				kind: "integrated",
				totalBytes: 2 * gib,
				freeBytes: 2 * gib,
				workingSetBytes: 2 * gib,
				largestTensorBytes: 2 ** 27,
			},
			cpu,
		],
	],
	"Apple's": [
		{ backend: "metal", gpuNames: ["Apple M3"], vram: vram(21, 21, 21) },
		[
			{
				id: "metal0",
				name: "Apple M3",
				kind: "unified",
				totalBytes: ram.totalBytes,
				freeBytes: 21 * gib,
				workingSetBytes: 21 * gib,
			},
		],
	],
};

describe("reportedDevices", () => {
	for (const [what, [told, devices]] of Object.entries(machines))
		it(`knows ${what}`, () => {
			assert.deepEqual(reportedDevices({ ...facts, ...told }), devices);
			// As received by the other process.
			assert.deepEqual(
				devices.map((it) => Device.parse(it)),
				devices,
			);
		});

	for (const [features, repacking] of [
		["CPU : SSE3 = 1 | LLAMAFILE = 1 | REPACK = 1 | ", "none"],
		["CPU : AVX2 = 1 | LLAMAFILE = 1 | REPACK = 1 | ", "x86"],
		["CPU : AVX2 = 1 | AMX_INT8 = 1 | REPACK = 1 | ", "amx"],
		["CPU : NEON = 1 | DOTPROD = 1 | REPACK = 1 | ", "arm"],
		["CPU : NEON = 1 | REPACK = 1 | ", "none"],
		["CPU : AVX2 = 1 | ", "none"],
		["", "none"],
	] as const)
		it(`knows that weights are repacked as for ${repacking} by "${features}"`, () =>
			assert.equal(repackingOf(features), repacking));

	it("reports no free memory if the driver reports none", () => {
		const [gpu] = reportedDevices({
			...facts,
			backend: "cuda",
			gpuNames: ["A", "iGPU"],
			vram: vram(24, 4, 16),
		});
		assert.ok(gpu);
		assert.equal(usableBytes(gpu), 0);
	});
});
