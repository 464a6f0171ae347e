import assert from "node:assert/strict";
import { logTo } from "../../../../src/base/log.ts";
import { failure, type Result, success } from "../../../../src/base/result.ts";
import { ModelLoader } from "../../../../src/engine/load/modelLoader.ts";
import { ModelSlot } from "../../../../src/engine/load/modelSlot.ts";
import type { AllocatedBytes } from "../../../../src/engine/runtime/runtime.ts";
import { Scheduler } from "../../../../src/engine/schedule/scheduler.ts";
import { TimeSlicer } from "../../../../src/engine/schedule/timeSlicer.ts";
import type { ShapeProblem } from "../../../../src/memory/shape/headerKeys.ts";
import type { ModelShape } from "../../../../src/memory/shape/modelShape.ts";
import { shapeInMix } from "../../../../src/memory/shape/quantization.ts";
import type { ReadModelFile } from "../../../../src/models/header/modelFile.ts";
import type { Device } from "../../../../src/protocol/device.ts";
import type { EngineReport } from "../../../../src/protocol/engineStatus.ts";
import {
	createError,
	errorText,
	type HeadroomError,
} from "../../../../src/protocol/errors.ts";
import {
	emptyRecord,
	type Learned,
	type MachineRecord,
	withBadLoad,
	withLearned,
} from "../../../../src/protocol/machineRecord.ts";
import type { SpeculationMode } from "../../../../src/protocol/speculation.ts";
import {
	FakeRuntime,
	fakeDescription,
	fakeRam,
	fakeShape,
} from "../../../support/fakes/fakeRuntime.ts";
import { plainLoadOptions } from "../../../support/loadOptions.ts";
import { publishedModels } from "../../../support/models/publishedModels.ts";

const mib = 2 ** 20;
const gib = 2 ** 30;

const card = (freeBytes: number): Device => ({
	id: "cuda0",
	name: "RTX 9999",
	kind: "discrete",
	totalBytes: 24 * gib,
	freeBytes,
});

/** Room for the host part of a model on a GPU, but not for a whole model. */
const tightRam: Device = { ...fakeRam, freeBytes: gib };

/** 4.4 GB in 28 layers: on the CPU it is too slow to complete with. */
const large = shapeInMix(publishedModels["Qwen2.5-Coder-7B"], "Q4_K_M");

interface Machine {
	readonly devices: readonly Device[];
	readonly partialOffload?: boolean;
	readonly record?: MachineRecord | null;
	readonly epochMs?: number;
	readonly shape?: Result<ModelShape, ShapeProblem>;
	readonly contextWindow?: number;
	readonly allocatedBytes?: AllocatedBytes;
	readonly speculation?: SpeculationMode;
	readonly avoid?: readonly string[];
	readonly loadError?: HeadroomError;
}

/** Loads a model of half a gigabyte, on a machine fast enough for any prompt. */
async function load({
	devices,
	shape = success(fakeShape),
	contextWindow = 32_768,
	partialOffload = false,
	record = null,
	epochMs = 1,
	allocatedBytes = { vramBytes: 400 * mib, ramBytes: 75 * mib },
	speculation = "off",
	avoid = [],
	loadError,
}: Machine) {
	const runtime = new FakeRuntime({
		devices,
		allocatedBytes,
		...(loadError && { loadError }),
	});
	const reports: EngineReport[] = [];
	const runtimes: string[] = [];
	const learned: Learned[] = [];
	let ramMeasurements = 0;
	const lines: string[] = [];
	const shared = {
		readModelFile: ((file) =>
			success({
				description: { ...fakeDescription, file },
				shape,
				chatTemplate: null,
			})) satisfies ReadModelFile,
		log: logTo((level, message) => lines.push(`[${level}] ${message}`)),
		learn: (it: Learned) => learned.push(it),
	};
	const loader = new ModelLoader({
		...shared,
		createRuntime: ({ gpu }) => {
			runtimes.push(gpu);
			return Promise.resolve(success(runtime));
		},
		epochMs: () => epochMs,
		driver: "driver 1",
		measureRam: () => {
			ramMeasurements++;
			return Promise.resolve(60e9);
		},
	});
	const slot = new ModelSlot({
		...shared,
		loader,
		readVocabulary: () => Promise.resolve(undefined),
		slicer: new TimeSlicer(new Scheduler(), "chat", () => 0),
		report: (report) => reports.push(report),
		now: () => 0,
	});
	await slot.load({
		...plainLoadOptions,
		file: "/models/half.gguf",
		gpu: "auto",
		partialOffload,
		record,
		contextWindow,
		speculation,
		avoid,
	});
	const last = reports.at(-1);
	return {
		loads: runtime.loads,
		lines,
		error: last?.kind === "failed" ? errorText(last.error) : undefined,
		budget: last?.kind === "ready" ? last.budget : undefined,
		kvType: last?.kind === "ready" ? last.load.kvType : undefined,
		memory: last?.kind === "ready" ? last.load.memory : [],
		gpuLayers: runtime.lastLoad?.gpuLayers,
		runtimes,
		learned,
		ramMeasurements,
		contextWindow: last?.kind === "ready" ? last.load.contextWindow : undefined,
		steps: {
			loading: stepOf(reports, "loading"),
			warmingUp: stepOf(reports, "warmingUp"),
		},
	};
}

const whole = { localTokens: 1024, contextTokens: 2048, typedTokens: 256 };

describe("ModelSlot, before it touches memory", () => {
	it("loads a model that fits, with the largest context for the latency target", async () => {
		for (const devices of [[fakeRam], [card(8 * gib), fakeRam]])
			assert.deepEqual((await load({ devices })).budget, whole);
	});

	for (const [speculation, told] of [
		["off", /no speculative decoding: speculation is switched off$/],
		[
			"lookup",
			/draft model: none \(headroom\.speculation: lookup\); verification takes, in ms by tokens, 1: [\d.]+, 2: .*; perfect drafts would be \d+\.\d x as fast at best$/,
		],
	] as const)
		it(`logs what drafts may gain: ${speculation}`, async () => {
			const { lines } = await load({ devices: [fakeRam], speculation });
			assert.equal(lines.filter((it) => told.test(it)).length, 1, `${lines}`);
		});

	for (const [where, devices, shape, needs] of [
		[
			"RAM",
			[{ ...fakeRam, freeBytes: 600 * mib }],
			fakeShape,
			/^The model file \/models\/half\.gguf does not fit: Fake CPU needs [\d.]+ GB: weights \d+\.\d MB, KV cache \d+\.\d MB, .*runtime 200\.0 MB, margin 2\.0 GB; free 600\.0 MB\.$/,
		],
		[
			"the memory of the GPU, with the alternative on the CPU",
			[card(3 * gib), fakeRam],
			large,
			/does not fit: RTX 9999 needs [\d.]+ GB: weights 4\.\d GB, .*; free 3\.0 GB; it would fit with \d+ of 29 layers on the GPU, at about \d+(\.\d)? tokens per second \(headroom\.engine\.partialOffload\)\.$/,
		],
		[
			"the limit of a driver",
			[{ ...card(gib), kind: "integrated", workingSetBytes: gib / 2 }, fakeRam],
			large,
			/does not fit: RTX 9999 needs .*; free 512\.0 MB; it would fit on the CPU, at about \d\.\d tokens per second \(headroom\.engine\.gpu: off\)\.$/,
		],
	] as const satisfies readonly (readonly [
		string,
		readonly Device[],
		ModelShape,
		RegExp,
	])[])
		it(`refuses what does not fit into ${where}, with the arithmetic`, async () => {
			const { error, loads } = await load({ devices, shape: success(shape) });
			assert.match(error ?? "", needs);
			assert.equal(loads, 0, "llama.cpp was not asked");
		});

	it("falls back to the CPU if the GPU has no room and the CPU is fast enough", async () => {
		const { budget, runtimes } = await load({
			devices: [card(900 * mib), fakeRam],
		});
		assert.deepEqual(budget, whole);
		assert.deepEqual(runtimes, ["auto", "off"]);
	});

	it("splits a model between GPU and RAM only if partial offload is on", async () => {
		const devices = [card(3 * gib), fakeRam];
		const shape = success(large);
		const spread = await load({ devices, shape, partialOffload: true });
		assert.equal(spread.error, undefined);
		assert.ok((spread.gpuLayers ?? 0) > 5 && (spread.gpuLayers ?? 0) < 29);
		const whole = await load({
			devices: [card(12 * gib), fakeRam],
			shape,
			partialOffload: true,
		});
		assert.equal(whole.gpuLayers, undefined, "all of them");
	});

	it("quantizes the KV cache before it refuses", async () => {
		const kvTypes = new Set<string>();
		for (let freeBytes = 4 * gib; freeBytes > gib; freeBytes -= 4 * mib) {
			const { kvType } = await load({
				devices: [card(freeBytes), tightRam],
			});
			if (!kvType) break;
			kvTypes.add(kvType);
		}
		assert.deepEqual([...kvTypes], ["f16", "q8_0"]);
	});

	it("shrinks the context to fit memory: first that of other files, then that of the file", async () => {
		const budgets = [];
		let lastLines: readonly string[] = [];
		for (let freeBytes = 4 * gib; freeBytes > gib; freeBytes -= 4 * mib) {
			const { budget, lines, kvType } = await load({
				devices: [card(freeBytes), tightRam],
			});
			if (!budget || kvType !== "f16") break;
			budgets.push(budget);
			lastLines = lines;
		}
		assert.deepEqual(budgets[0], whole);
		// With what is typed and the answer these are 768 cells; the minimal budget of 256 takes no fewer.
		assert.deepEqual(budgets.at(-1), {
			localTokens: 384,
			contextTokens: 0,
			typedTokens: 256,
		});
		for (const [i, { localTokens, contextTokens }] of budgets.entries()) {
			assert.ok(localTokens === 1024 || contextTokens === 0);
			assert.ok(contextTokens === 0 || contextTokens >= 256);
			const larger = budgets[i - 1] ?? whole;
			assert.ok(localTokens + contextTokens <= sum(larger));
		}
		assert.ok(
			lastLines.some((it) =>
				/memory limits the context window to 768 tokens; the latency target allows 3456/.test(
					it,
				),
			),
			lastLines.join("\n"),
		);
	});

	it("respects the limit of the context window", async () => {
		const { budget } = await load({
			devices: [card(8 * gib), fakeRam],
			contextWindow: 200,
		});
		assert.deepEqual(budget, {
			localTokens: 54,
			contextTokens: 0,
			typedTokens: 18,
		});
	});

	it("does not refuse a small model for a large margin", async () => {
		const tiny = { ...fakeShape, layers: fakeShape.layers.slice(0, 1) };
		const freeBytes = 1.9 * gib;
		const { budget } = await load({
			devices: [{ ...fakeRam, freeBytes }],
			shape: success(tiny),
		});
		assert.deepEqual(budget, whole);
	});

	it("leaves a model without a plan to llama.cpp, and logs a warning", async () => {
		const { budget, lines } = await load({
			devices: [{ ...fakeRam, freeBytes: mib }],
			shape: failure({ kind: "missing", key: "new.block_count" }),
		});
		assert.deepEqual(budget, whole);
		assert.ok(
			lines.some((it) =>
				/^\[warn\] .*: new\.block_count is missing in its header$/.test(it),
			),
		);
	});
});

describe("ModelSlot, with several GPUs reported as one device", () => {
	const two = (freeBytes: number): Device => ({
		...card(freeBytes),
		parts: ["RTX 9999", "RTX 9999"],
	});

	it("gives each its own buffers and margin", async () => {
		const shape = success(large);
		const one = await load({ devices: [card(7 * gib), fakeRam], shape });
		assert.equal(one.error, undefined);
		const both = await load({ devices: [two(7 * gib), fakeRam], shape });
		assert.match(both.error ?? "", /does not fit: RTX 9999 needs/);
		const roomy = await load({ devices: [two(14 * gib), fakeRam], shape });
		assert.deepEqual(
			roomy.memory.map(({ device }) => device),
			["RTX 9999", "RTX 9999", "Fake CPU"],
		);
	});
});

describe("ModelSlot, on unified memory", () => {
	const unified: Device = {
		id: "metal0",
		name: "Apple M9",
		kind: "unified",
		totalBytes: 32 * gib,
		freeBytes: 20 * gib,
		workingSetBytes: 21 * gib,
	};

	it("counts llama.cpp's RAM as GPU memory", async () => {
		const allocatedBytes = { vramBytes: 325 * mib, ramBytes: 150 * mib };
		const { lines, memory } = await load({
			devices: [unified],
			allocatedBytes,
		});
		assert.ok(!lines.some((it) => it.startsWith("[warn]")), lines.join("\n"));
		const [only, ...others] = memory;
		assert.deepEqual(others, []);
		assert.ok(only);
		const { weights, kvCache, buffers, draft } = only;
		assert.equal(Math.round(weights + kvCache + buffers + draft), 950 * mib);
	});
});

describe("ModelSlot, after a load", () => {
	const devices = [card(8 * gib), fakeRam];
	const warned = ({ lines }: { lines: readonly string[] }) =>
		lines.filter((it) => it.startsWith("[warn]"));

	it("logs predicted and allocated memory", async () => {
		const loaded = await load({ devices });
		assert.ok(
			loaded.lines.some((it) =>
				/^\[info\] memory of the model: predicted \d{3}\.\d MB, allocated 950\.0 MB \(800\.0 MB of the GPU, 150\.0 MB of RAM\)$/.test(
					it,
				),
			),
			loaded.lines.join("\n"),
		);
		assert.deepEqual(warned(loaded), []);
	});

	it("reports memory by device, in parts that add up to the allocation", async () => {
		const { memory } = await load({ devices });
		assert.deepEqual(
			memory.map(({ device, weights, kvCache, buffers, draft }) => [
				device,
				Math.round(weights + kvCache + buffers + draft),
			]),
			[
				["RTX 9999", 800 * mib],
				["Fake CPU", 150 * mib],
			],
		);
	});

	it("warns if a model planned for the GPU is in RAM", async () => {
		const inRam = { vramBytes: 0, ramBytes: gib };
		assert.deepEqual(warned(await load({ devices, allocatedBytes: inRam })), [
			"[warn] Fake was planned for RTX 9999, but is in RAM: it will be slow.",
		]);
		assert.deepEqual(
			warned(await load({ devices: [fakeRam], allocatedBytes: inRam })),
			[],
		);
	});

	it("warns if a part of the model is not on the GPU", async () => {
		const spilled = { vramBytes: 200 * mib, ramBytes: 275 * mib };
		const [warning = "", ...others] = warned(
			await load({ devices, allocatedBytes: spilled }),
		);
		assert.match(
			warning,
			/^\[warn\] \d{3}\.\d MB of Fake are in RAM instead of on RTX 9999: it will be slow\.$/,
		);
		assert.deepEqual(others, []);
	});
});

describe("ModelSlot, with a record of the machine", () => {
	const devices = [card(8 * gib), fakeRam];
	const residual = ({ learned }: { learned: readonly Learned[] }) =>
		learned.flatMap((it) => (it.kind === "load" ? [it.residual] : []));
	const learnedFrom = (learned: readonly Learned[]): MachineRecord =>
		learned.reduce(withLearned, emptyRecord);

	it("corrects the next prediction by the excess of the last load", async () => {
		const allocatedBytes = { vramBytes: 600 * mib, ramBytes: 75 * mib };
		const first = await load({ devices, record: emptyRecord, allocatedBytes });
		const [seen] = residual(first);
		assert.ok(seen && seen.gpuBytes > 300 * mib, JSON.stringify(seen));
		assert.equal(seen.kvType, "f16");

		const tight = [card(2.6 * gib), tightRam];
		const without = await load({ devices: tight, allocatedBytes });
		assert.deepEqual(without.budget, whole);
		const record = learnedFrom(first.learned);
		const corrected = await load({ devices: tight, allocatedBytes, record });
		assert.ok(sum(corrected.budget ?? whole) < sum(whole), "less context");
		// The next residual is relative to the uncorrected plan.
		const [again] = residual(await load({ devices, record, allocatedBytes }));
		assert.equal(again?.gpuBytes, seen.gpuBytes);
	});

	for (const [phase, expected] of [
		// The weights go to the same place, whatever the context is.
		["loading", ["auto f16 3456", "off f16 3456"]],
		[
			"warmingUp",
			[
				"auto f16 3456",
				"auto f16 640",
				"auto q8_0 3456",
				"off f16 3456",
				"off f16 640",
				"off q8_0 3456",
			],
		],
	] as const)
		it(`takes no way again that ended the process while ${phase}, and one smaller instead`, async () => {
			const ways: string[] = [];
			let record = emptyRecord;
			for (let i = 0; i < 8; i++) {
				const it = await load({ devices, record });
				const step = it.steps[phase];
				if (step === undefined) {
					assert.match(
						it.error ?? "",
						/crashed while loading .* \(SIGABRT\)\. /,
					);
					break;
				}
				const { kvType, contextWindow, runtimes, lines } = it;
				ways.push(`${runtimes.at(-1)} ${kvType} ${contextWindow}`);
				assert.equal(
					lines.some((line) => line.includes("it has failed before")),
					i > 0,
				);
				record = withBadLoad(record, {
					file: "/models/half.gguf",
					step,
					why: "SIGABRT",
					seenAtMs: 1,
				});
			}
			assert.deepEqual(ways, expected);
		});

	for (const [phase, expected] of [
		["loading", ["auto f16 3456", "off f16 3456"]],
		[
			"warmingUp",
			[
				"auto f16 3456",
				"auto f16 640",
				"auto q8_0 3456",
				"off f16 3456",
				"off f16 640",
				"off q8_0 3456",
			],
		],
	] as const)
		it(`avoids the ways in which a process ran out of memory while ${phase}, and says what the last one needs`, async () => {
			const ways: string[] = [];
			const avoid: string[] = [];
			let error = "";
			for (let i = 0; i < 8 && error === ""; i++) {
				const it = await load({ devices, avoid });
				const step = it.steps[phase];
				error = it.error ?? "";
				if (step === undefined) continue;
				ways.push(`${it.runtimes.at(-1)} ${it.kvType} ${it.contextWindow}`);
				avoid.push(step);
			}
			assert.deepEqual(ways, expected);
			assert.match(
				error,
				/^There was not enough memory to load .*half\.gguf \(the last attempts ended for lack of memory\): Fake CPU needs .*; free /,
			);
		});

	it("asks llama.cpp once for each place that has no room for the weights", async () => {
		const { loads, error, runtimes } = await load({
			devices,
			loadError: createError("modelOutOfMemory", {
				file: "/models/half.gguf",
				why: "unable to allocate CPU_REPACK buffer",
				needs: [{ kind: "unplanned" }],
			}),
		});
		assert.equal(loads, 2);
		assert.deepEqual(runtimes, ["auto", "off"]);
		assert.match(
			error ?? "",
			/^There was not enough memory to load .* \(unable to allocate CPU_REPACK buffer\): Fake CPU needs .*: weights .*; free /,
		);
	});

	it("retries a bad strategy after two weeks", async () => {
		const step = (await load({ devices })).steps.loading ?? "";
		const record = withBadLoad(emptyRecord, {
			file: "/models/half.gguf",
			step,
			why: "SIGKILL",
			seenAtMs: 1,
		});
		const day = 24 * 60 * 60_000;
		const placeAt = async (epochMs: number) =>
			(await load({ devices, record, epochMs })).runtimes.at(-1);
		assert.equal(await placeAt(13 * day), "off");
		assert.equal(await placeAt(15 * day), "auto");
	});

	it("records nothing of a load with a warning", async () => {
		const allocatedBytes = { vramBytes: 0, ramBytes: gib };
		const wrong = await load({ devices, record: emptyRecord, allocatedBytes });
		assert.deepEqual(residual(wrong), []);
	});

	it("keeps the residual of a large context if a small one shows less", async () => {
		const first = await load({
			devices,
			record: emptyRecord,
			allocatedBytes: { vramBytes: 600 * mib, ramBytes: 75 * mib },
		});
		const record = learnedFrom(first.learned);
		const small = await load({ devices, record, contextWindow: 400 });
		assert.deepEqual(residual(small), []);
	});

	it("measures RAM bandwidth once per machine, and not without a record", async () => {
		assert.equal((await load({ devices })).ramMeasurements, 0);
		const first = await load({ devices, record: emptyRecord });
		assert.equal(first.ramMeasurements, 1);
		const record = learnedFrom(first.learned);
		assert.equal((await load({ devices, record })).ramMeasurements, 0);
	});
});

function stepOf(
	reports: readonly EngineReport[],
	phase: "loading" | "warmingUp",
): string | undefined {
	const found = reports.find(
		(it) => it.kind === phase && it.step !== undefined,
	);
	return found?.kind === phase ? found.step : undefined;
}

function sum({ localTokens, contextTokens }: typeof whole): number {
	return localTokens + contextTokens;
}
