import assert from "node:assert/strict";
import { logTo } from "../../../src/base/log.ts";
import { failure, type Result, success } from "../../../src/base/result.ts";
import { ModelSlot } from "../../../src/engine/modelSlot.ts";
import type { AllocatedBytes } from "../../../src/engine/runtime.ts";
import type {
	ModelShape,
	ShapeProblem,
} from "../../../src/memory/modelShape.ts";
import type { Device } from "../../../src/protocol/device.ts";
import type { EngineReport } from "../../../src/protocol/engineStatus.ts";
import { errorText } from "../../../src/protocol/errors.ts";
import {
	FakeRuntime,
	fakeDescription,
	fakeRam,
	fakeShape,
} from "../../support/fakeRuntime.ts";

const mib = 2 ** 20;
const gib = 2 ** 30;

const card = (freeBytes: number): Device => ({
	id: "cuda0",
	name: "RTX 9999",
	kind: "discrete",
	totalBytes: 24 * gib,
	freeBytes,
});

interface Machine {
	readonly devices: readonly Device[];
	readonly shape?: Result<ModelShape, ShapeProblem>;
	readonly contextWindow?: number;
	readonly allocatedBytes?: AllocatedBytes;
}

/** Loads a model of half a gigabyte, on a machine that has time for any prompt. */
async function load({
	devices,
	shape = success(fakeShape),
	contextWindow = 32_768,
	allocatedBytes = { vramBytes: mib, ramBytes: 2 * mib },
}: Machine) {
	const runtime = new FakeRuntime({ devices, allocatedBytes });
	const reports: EngineReport[] = [];
	const lines: string[] = [];
	const slot = new ModelSlot({
		createRuntime: () => Promise.resolve(success(runtime)),
		readModelFile: (file) =>
			success({ description: { ...fakeDescription, file }, shape }),
		report: (report) => reports.push(report),
		log: logTo((level, message) => lines.push(`[${level}] ${message}`)),
		now: () => 0,
	});
	await slot.load({
		file: "/models/half.gguf",
		gpu: "auto",
		threads: null,
		contextWindow,
		latencyTargetMs: 300,
	});
	const last = reports.at(-1);
	return {
		loads: runtime.loads,
		lines,
		error: last?.kind === "failed" ? errorText(last.error) : undefined,
		budget: last?.kind === "ready" ? last.budget : undefined,
	};
}

const whole = { localTokens: 1024, contextTokens: 2048 };

describe("ModelSlot, before it touches memory", () => {
	it("loads what fits, with all the context that there is time for", async () => {
		for (const devices of [[fakeRam], [card(8 * gib), fakeRam]])
			assert.deepEqual((await load({ devices })).budget, whole);
	});

	for (const [where, devices, needs] of [
		[
			"RAM",
			[{ ...fakeRam, freeBytes: 600 * mib }],
			/^The model file \/models\/half\.gguf does not fit: Fake CPU needs [\d.]+ GB: weights \d+\.\d MB, KV cache \d+\.\d MB, .*runtime 200\.0 MB, margin 2\.0 GB; free 600\.0 MB\.$/,
		],
		[
			"the memory of the GPU, whatever RAM there is",
			[card(900 * mib), fakeRam],
			/does not fit: RTX 9999 needs [\d.]+ GB: weights .*; free 900\.0 MB\.$/,
		],
		[
			"what a driver allows",
			[{ ...card(gib), kind: "integrated", workingSetBytes: gib / 2 }, fakeRam],
			/does not fit: RTX 9999 needs .*; free 512\.0 MB\.$/,
		],
	] as const satisfies readonly (readonly [
		string,
		readonly Device[],
		RegExp,
	])[])
		it(`refuses what does not fit into ${where}, with the arithmetic`, async () => {
			const { error, loads } = await load({ devices });
			assert.match(error ?? "", needs);
			assert.equal(loads, 0, "llama.cpp was not asked");
		});

	it("takes no more context than there is memory for: first of other files, then of the file", async () => {
		const budgets = [];
		let lastLines: readonly string[] = [];
		for (let freeBytes = 4 * gib; freeBytes > gib; freeBytes -= 4 * mib) {
			const { budget, lines } = await load({
				devices: [card(freeBytes), fakeRam],
			});
			if (!budget) break;
			budgets.push(budget);
			lastLines = lines;
		}
		assert.deepEqual(budgets[0], whole);
		// With the answer these are 512 cells; the least budget of 256 takes no fewer.
		assert.deepEqual(budgets.at(-1), { localTokens: 384, contextTokens: 0 });
		for (const [i, { localTokens, contextTokens }] of budgets.entries()) {
			assert.ok(localTokens === 1024 || contextTokens === 0);
			assert.ok(contextTokens === 0 || contextTokens >= 256);
			const larger = budgets[i - 1] ?? whole;
			assert.ok(localTokens + contextTokens <= sum(larger));
		}
		assert.ok(
			lastLines.some((it) =>
				/room for 512 of the 3200 tokens that there would be time for/.test(it),
			),
			lastLines.join("\n"),
		);
	});

	it("asks for no more than the context window that is allowed", async () => {
		const { budget } = await load({
			devices: [card(8 * gib), fakeRam],
			contextWindow: 200,
		});
		assert.deepEqual(budget, { localTokens: 72, contextTokens: 0 });
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

	it("leaves to llama.cpp what cannot be priced, and says so", async () => {
		const { budget, lines } = await load({
			devices: [{ ...fakeRam, freeBytes: mib }],
			shape: failure({ key: "new.block_count", why: "it is missing" }),
		});
		assert.deepEqual(budget, whole);
		assert.ok(
			lines.some((it) =>
				/^\[warn\] .*"new\.block_count" in its header: it is missing$/.test(it),
			),
		);
	});
});

describe("ModelSlot, after a load", () => {
	const devices = [card(8 * gib), fakeRam];

	it("holds what was allocated against what was predicted", async () => {
		const { lines } = await load({ devices });
		assert.ok(
			lines.some((it) =>
				/^\[info\] memory of the model: predicted \d{3}\.\d MB, allocated 6\.0 MB \(2\.0 MB of the GPU, 4\.0 MB of RAM\)$/.test(
					it,
				),
			),
			lines.join("\n"),
		);
		assert.ok(!lines.some((it) => it.startsWith("[warn]")));
	});

	it("warns of a model that was meant for the GPU and is in RAM", async () => {
		const inRam = { vramBytes: 0, ramBytes: gib };
		const warned = ({ lines }: { lines: readonly string[] }) =>
			lines.filter((it) => it.startsWith("[warn]"));
		assert.deepEqual(warned(await load({ devices, allocatedBytes: inRam })), [
			"[warn] Fake was meant for RTX 9999 and is in RAM: it will be slow",
		]);
		assert.deepEqual(
			warned(await load({ devices: [fakeRam], allocatedBytes: inRam })),
			[],
		);
	});
});

function sum({ localTokens, contextTokens }: typeof whole): number {
	return localTokens + contextTokens;
}
