import assert from "node:assert/strict";
import {
	type BadLoad,
	badLoad,
	type DeviceMeasurement,
	deviceKey,
	emptyRecord,
	type LoadResidual,
	loadKey,
	MachineRecord,
	maxEntries,
	measurementOf,
	residualFor,
	stepKey,
	withBadLoad,
	withDeviceMeasurement,
	withoutBadLoads,
	withResidual,
} from "../../../src/protocol/machineRecord.ts";

const gib = 2 ** 30;
const gpu = deviceKey({
	backend: "vulkan",
	name: "Radeon RX 7600",
	totalBytes: 8 * gib,
	driver: "amdgpu 6.3.6",
});
const load = loadKey({
	file: "/home/somebody/my models/coder.gguf",
	fileBytes: 1_000,
	devices: [gpu],
});
const measurement: DeviceMeasurement = {
	device: gpu,
	bandwidthBytesPerSecond: 2e11,
	efficiency: 0.6,
	measuredAtMs: 1,
};
const residual: LoadResidual = {
	load,
	gpuBytes: 100.5,
	hostBytes: -20,
	contextWindow: 3200,
	sequences: 3,
	kvType: "f16",
	seenAtMs: 2,
};
const bad: BadLoad = {
	file: "coder.gguf",
	step: stepKey(load, "window=3200 kv=f16"),
	why: "signal SIGABRT",
	seenAtMs: 3,
};
const full = withBadLoad(
	withResidual(withDeviceMeasurement(emptyRecord, measurement), residual),
	bad,
);

describe("the keys of the machine record", () => {
	it("name the device with its driver, and the file without its folder", () => {
		assert.equal(gpu, "vulkan | Radeon RX 7600 | 8 GiB | amdgpu 6.3.6");
		assert.equal(load, `coder.gguf | 1000 B | ${gpu}`);
		assert.equal(
			loadKey({
				file: "C:\\Users\\Some Body\\a.gguf",
				fileBytes: 1,
				devices: [],
			}),
			"a.gguf | 1 B",
		);
		assert.equal(bad.step, `${load} | window=3200 kv=f16`);
	});

	it("know a memory again of which another kernel reports some megabytes less", () => {
		const ram = (totalBytes: number) =>
			deviceKey({ backend: "cpu", name: " A\n CPU ", totalBytes, driver: "" });
		assert.equal(ram(31.3 * gib), ram(31.3 * gib - 5e6));
		assert.notEqual(ram(31.3 * gib), ram(15.5 * gib));
		assert.equal(ram(31.3 * gib), "cpu | A CPU | 31.25 GiB | ");
	});
});

describe("MachineRecord", () => {
	it("is the same after a way through JSON", () =>
		assert.deepEqual(
			MachineRecord.parse(JSON.parse(JSON.stringify(full))),
			full,
		));

	it("finds what it was told, by key", () => {
		assert.deepEqual(measurementOf(full, gpu), measurement);
		assert.deepEqual(residualFor(full, load), residual);
		assert.ok(badLoad(full, { ...bad, file: `/elsewhere/${bad.file}` }));
		assert.equal(measurementOf(full, "other"), undefined);
		assert.equal(residualFor(full, "other"), undefined);
		assert.ok(!badLoad(full, { ...bad, step: "other" }));
		assert.ok(!badLoad(full, { ...bad, file: "other.gguf" }));
	});

	it("changes no record that somebody holds", () => {
		const before = structuredClone(full);
		withDeviceMeasurement(full, { ...measurement, measuredAtMs: 9 });
		withResidual(full, { ...residual, gpuBytes: 9 });
		withBadLoad(full, { ...bad, why: "other" });
		withoutBadLoads(full);
		assert.deepEqual(full, before);
	});

	const absurd: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
		"a negative bandwidth": { devices: { bandwidthBytesPerSecond: -1 } },
		"a bandwidth that no memory has": {
			devices: { bandwidthBytesPerSecond: 1e16 },
		},
		"a bandwidth of NaN": { devices: { bandwidthBytesPerSecond: Number.NaN } },
		"more than all of the bandwidth": { devices: { efficiency: 1.01 } },
		"none of the bandwidth": { devices: { efficiency: 0 } },
		"a device without a key": { devices: { device: "" } },
		"a key without an end": { devices: { device: "x".repeat(1001) } },
		"a time before all times": { devices: { measuredAtMs: -1 } },
		"a residual of 5 GiB": { residuals: { gpuBytes: 5 * gib } },
		"a residual of -5 GiB": { residuals: { hostBytes: -5 * gib } },
		"an endless residual": {
			residuals: { gpuBytes: Number.POSITIVE_INFINITY },
		},
		"a window of nothing": { residuals: { contextWindow: 0 } },
		"a bad load of no file": { badLoads: { file: "" } },
		"a bad load of no step": { badLoads: { step: "" } },
	};
	for (const [what, tables] of Object.entries(absurd))
		it(`leaves out ${what}, and nothing else`, () => {
			const [name, change] = Object.entries(tables)[0] as [
				"devices" | "residuals" | "badLoads",
				object,
			];
			const good = full[name][0];
			const broken = { ...good, ...change };
			const read = MachineRecord.parse({ ...full, [name]: [broken, good] });
			assert.deepEqual(read, full);
			const told = {
				devices: () => withDeviceMeasurement(full, broken as never),
				residuals: () => withResidual(full, broken as never),
				badLoads: () => withBadLoad(full, broken as never),
			}[name]();
			assert.deepEqual(told, full);
		});

	it("takes a table that is none for an empty one, and nothing of another version", () => {
		assert.deepEqual(MachineRecord.parse({ ...full, residuals: "many" }), {
			...full,
			residuals: [],
		});
		assert.deepEqual(MachineRecord.parse({ version: 1 }), emptyRecord);
		for (const other of [{ ...full, version: 2 }, {}, [], null, "record"])
			assert.ok(!MachineRecord.safeParse(other).success);
	});

	it("keeps the latest entries, each in the place of what it replaces", () => {
		const many = Array.from({ length: maxEntries + 5 }, (_, i) => i).reduce(
			(record, i) => withResidual(record, { ...residual, load: `load ${i}` }),
			emptyRecord,
		);
		assert.equal(many.residuals.length, maxEntries);
		assert.equal(many.residuals[0]?.load, "load 5");
		const again = withResidual(many, {
			...residual,
			load: "load 7",
			gpuBytes: 7,
		});
		assert.equal(again.residuals.length, maxEntries);
		assert.deepEqual(again.residuals.at(-1), {
			...residual,
			load: "load 7",
			gpuBytes: 7,
		});
		const overfull = { ...many, residuals: [residual, ...many.residuals] };
		assert.deepEqual(MachineRecord.parse(overfull), many);
	});

	it("keeps an efficiency only beside the bandwidth that it is a share of", () => {
		const efficiency = { device: gpu, efficiency: 0.7, measuredAtMs: 5 };
		assert.deepEqual(
			measurementOf(withDeviceMeasurement(full, efficiency), gpu),
			{ ...measurement, ...efficiency },
		);
		const bandwidth = {
			device: gpu,
			bandwidthBytesPerSecond: 3e11,
			measuredAtMs: 6,
		};
		assert.deepEqual(
			measurementOf(withDeviceMeasurement(full, bandwidth), gpu),
			bandwidth,
		);
	});

	it("forgives all", () => {
		const both = withBadLoad(full, { ...bad, file: "other.gguf" });
		assert.deepEqual(withoutBadLoads(both).badLoads, []);
	});

	const reasons: Readonly<Record<string, string>> = {
		"signal SIGSEGV": "signal SIGSEGV",
		"failed to open '/home/some body/coder.gguf'\nand more":
			"failed to open 'coder.gguf' and more",
		"exit code 1: /home/some body/coder.gguf: no memory":
			"exit code 1: coder.gguf: no memory",
		"cannot read C:\\Users\\Some Body\\coder.gguf": "cannot read coder.gguf",
		"cannot read ~/models/coder.gguf": "cannot read coder.gguf",
		"llama.cpp/ggml-cuda.cu:105: CUDA error": "ggml-cuda.cu:105: CUDA error",
	};
	for (const [why, kept] of Object.entries(reasons))
		it(`keeps of the reason ${JSON.stringify(why)} no folder`, () => {
			const file = "/home/some body/coder.gguf";
			const [entry] = withBadLoad(emptyRecord, { ...bad, file, why }).badLoads;
			assert.deepEqual(entry, { ...bad, why: kept });
		});
});
