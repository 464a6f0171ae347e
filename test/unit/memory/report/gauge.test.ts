import assert from "node:assert/strict";
import {
	type Gauge,
	type GaugeMemory,
	type GaugePart,
	gaugeOf,
	gaugeParts,
	partsIn,
} from "../../../../src/memory/report/gauge.ts";
import type { Device } from "../../../../src/protocol/device.ts";
import type {
	EngineStatus,
	HeldMemory,
} from "../../../../src/protocol/engineStatus.ts";
import { createError } from "../../../../src/protocol/errors.ts";
import {
	fakeDescription,
	fakeLoad,
} from "../../../support/fakes/fakeRuntime.ts";
import { seededRandom } from "../../../support/seededRandom.ts";

const gib = 2 ** 30;
const mib = 2 ** 20;

function held(changes: Partial<HeldMemory> = {}): HeldMemory {
	return {
		device: "RTX",
		kind: "discrete",
		weights: 4 * gib,
		kvCache: gib / 2,
		buffers: gib / 4,
		draft: 0,
		freeBytes: 3 * gib,
		totalBytes: 8 * gib,
		...changes,
	};
}

const ram = held({
	device: "Ryzen",
	kind: "cpu",
	weights: 256 * mib,
	kvCache: 0,
	buffers: 0,
	freeBytes: 20 * gib,
	totalBytes: 32 * gib,
});

function loaded(
	memory: readonly HeldMemory[],
	changes: { kind?: "generating"; warning?: true } = {},
): EngineStatus {
	return {
		kind: changes.kind ?? "ready",
		model: fakeDescription,
		budget: { localTokens: 256, contextTokens: 0, typedTokens: 256 },
		load: {
			...fakeLoad,
			memory,
			...(changes.warning && {
				warning: createError("modelInRam", { model: "a", device: "b" }),
			}),
		},
	};
}

function gauge(
	status: EngineStatus,
	{ devices = [] as readonly Device[], isPaused = false } = {},
): Gauge {
	return gaugeOf({ status, devices, isPaused });
}

function total({ bytes }: GaugeMemory): number {
	return gaugeParts.reduce((sum, part) => sum + bytes[part], 0);
}

const error = createError("engineStopped", {});

describe("the state of the gauge", () => {
	const full = held({ freeBytes: gib / 4 });
	const cases: readonly (readonly [
		Gauge["state"],
		EngineStatus,
		{ isPaused?: boolean }?,
	])[] = [
		["stopped", { kind: "stopped" }],
		["paused", { kind: "stopped" }, { isPaused: true }],
		["loading", { kind: "starting" }],
		["loading", { kind: "loading", file: "a", fraction: 0 }],
		["loading", { kind: "warmingUp", model: fakeDescription }],
		["failed", { kind: "failed", error }],
		["crashed", { kind: "crashed", error, restartInMs: 500 }],
		[
			"crashed",
			{ kind: "crashed", error, restartInMs: null },
			{ isPaused: true },
		],
		["ready", loaded([held()])],
		["generating", loaded([held()], { kind: "generating" })],
		["paused", loaded([full]), { isPaused: true }],
		[
			"generating",
			loaded([held()], { kind: "generating" }),
			{ isPaused: true },
		],
		["spill", loaded([held()], { warning: true })],
		["spill", loaded([full], { kind: "generating", warning: true })],
		["pressure", loaded([full])],
		["pressure", loaded([full], { kind: "generating" })],
		["ready", loaded([held({ freeBytes: gib / 2 })])],
		["pressure", loaded([held(), { ...ram, freeBytes: gib - 1 }])],
		["ready", loaded([held(), { ...ram, freeBytes: gib }])],
		["ready", loaded([])],
	];
	for (const [state, status, options] of cases)
		it(`is ${state} ${JSON.stringify(options ?? {})} for ${JSON.stringify(status).slice(0, 60)}`, () => {
			assert.equal(gauge(status, options).state, state);
		});
});

describe("the memory of the gauge", () => {
	const cases: readonly (readonly [
		name: string,
		memory: readonly HeldMemory[],
		devices: readonly Partial<Device>[],
		level: number,
		usage: string,
		parts: Partial<Record<GaugePart, number>>,
	])[] = [
		[
			"of a GPU comes before the RAM",
			[ram, held()],
			[],
			5,
			"5.0/8.0 GB",
			{ weights: 4 * gib, kvCache: gib / 2, buffers: gib / 4, others: gib / 4 },
		],
		[
			"is as it was last seen",
			[held()],
			[
				{ name: "Ryzen", kind: "cpu", freeBytes: 0, totalBytes: gib },
				{ name: "RTX", kind: "discrete", freeBytes: gib, totalBytes: 8 * gib },
			],
			7,
			"7.0/8.0 GB",
			{ others: 2.25 * gib, free: gib },
		],
		[
			"is the RAM where there is no GPU",
			[ram],
			[],
			3,
			"12.0/32.0 GB",
			{ weights: 256 * mib, others: 11.75 * gib, free: 20 * gib },
		],
		[
			"is the RAM where the GPU is a part of it",
			[held({ device: "Iris", kind: "integrated", totalBytes: 16 * gib }), ram],
			[],
			3,
			"12.0/32.0 GB",
			{
				weights: 4.25 * gib,
				kvCache: gib / 2,
				others: 7 * gib,
				free: 20 * gib,
			},
		],
		[
			"counts a mapped file as taken, though the system calls it free",
			[held({ freeBytes: 8 * gib })],
			[],
			5,
			"4.8/8.0 GB",
			{ others: 0, free: 3.25 * gib },
		],
		[
			"knows parts below nothing for what they are",
			[held({ weights: 4 * gib, buffers: -gib })],
			[],
			5,
			"5.0/8.0 GB",
			{ weights: 3 * gib, buffers: 0, others: 1.5 * gib, free: 3 * gib },
		],
		[
			"is no less than the model",
			[held({ weights: 9 * gib, kvCache: 0, buffers: 0 })],
			[],
			8,
			"9.0/9.0 GB",
			{ weights: 9 * gib, others: 0, free: 0 },
		],
		[
			"of a model that could not be planned is all in use by something",
			[],
			[{ name: "Ryzen", kind: "cpu", freeBytes: gib, totalBytes: 4 * gib }],
			6,
			"3.0/4.0 GB",
			{ weights: 0, others: 3 * gib, free: gib },
		],
		[
			"is told in MB where it is little",
			[
				held({
					weights: 0,
					kvCache: 0,
					buffers: 0,
					totalBytes: 512 * mib,
					freeBytes: 384 * mib,
				}),
			],
			[],
			2,
			"128.0/512.0 MB",
			{ others: 128 * mib },
		],
	];
	for (const [name, memory, devices, level, usage, parts] of cases)
		it(name, () => {
			const shown = gauge(loaded(memory), { devices: devices as Device[] });
			const [first] = shown.memories;
			assert.ok(first);
			assert.deepEqual(
				{ level: shown.level, usage: shown.usage },
				{ level, usage },
			);
			assert.deepEqual({ ...first.bytes, ...parts }, first.bytes);
			for (const it of shown.memories) assert.equal(total(it), it.totalBytes);
		});

	it("is empty if no model is ready, or nothing is known", () => {
		for (const status of [{ kind: "stopped" }, loaded([])] as const) {
			const { memories, level, usage } = gauge(status);
			assert.deepEqual(
				{ memories, level, usage },
				{
					memories: [],
					level: 0,
					usage: "",
				},
			);
		}
	});

	it("adds up to the total for any numbers, in bytes and in megabytes", () => {
		const random = seededRandom(7);
		for (let i = 0; i < 500; i++) {
			const bytes = () => random() * 10 * gib;
			const { memories } = gauge(
				loaded([
					held({
						weights: bytes(),
						kvCache: bytes(),
						buffers: bytes() - gib / 7,
						draft: bytes(),
						freeBytes: bytes(),
						totalBytes: bytes(),
					}),
				]),
			);
			const [memory] = memories;
			assert.ok(memory);
			assert.equal(total(memory), memory.totalBytes);
			const parts = partsIn(mib, memory);
			for (const part of gaugeParts) {
				assert.ok(memory.bytes[part] >= 0, part);
				assert.ok(Math.abs(parts[part] - memory.bytes[part] / mib) <= 1, part);
			}
			assert.equal(
				gaugeParts.reduce((sum, part) => sum + parts[part], 0),
				Math.round(memory.totalBytes / mib),
			);
		}
	});
});
