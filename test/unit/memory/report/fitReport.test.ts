import assert from "node:assert/strict";
import { english } from "../../../../src/base/sentence.ts";
import {
	cpuPlacement,
	gpuPlacements,
} from "../../../../src/memory/machine/devices.ts";
import {
	type Plan,
	partialOffload,
	planFor,
} from "../../../../src/memory/plan/plan.ts";
import type { FitReportFacts } from "../../../../src/memory/report/fitReport.ts";
import { fitReportText } from "../../../../src/memory/report/fitReportText.ts";
import { memoryText } from "../../../../src/memory/report/planText.ts";
import type { Device } from "../../../../src/protocol/device.ts";
import type {
	HeldMemory,
	LoadReport,
} from "../../../../src/protocol/engineStatus.ts";
import { createError } from "../../../../src/protocol/errors.ts";
import {
	fakeLoad,
	fakeRam,
	fakeShape,
} from "../../../support/fakes/fakeRuntime.ts";
import { assertGolden } from "../../../support/golden/golden.ts";

const gib = 2 ** 30;
const mib = 2 ** 20;
const model = { name: "Fake", quantization: "Q8_0", shape: fakeShape };
const gpu: Device = {
	id: "cuda0",
	name: "NVIDIA GeForce RTX 4060",
	kind: "discrete",
	totalBytes: 8 * gib,
	freeBytes: 7 * gib,
};
const request = {
	model,
	contextWindow: fakeLoad.contextWindow,
	sequences: fakeLoad.sequences,
	batchTokens: 128,
	kvType: fakeLoad.kvType,
};

/** As an engine reports that took what was planned, and `beyondBytes` more of the first memory. */
function loadOf(plan: Plan, beyondBytes = 0): LoadReport {
	const memory: HeldMemory[] = plan.holders.map(({ device, bytes }, i) => ({
		device: device.name,
		kind: device.kind,
		weights: bytes.weights,
		kvCache: bytes.kvCache,
		buffers:
			bytes.computeBuffer + bytes.outputBuffer + (i === 0 ? beyondBytes : 0),
		draft: bytes.draft,
		freeBytes: device.freeBytes,
		totalBytes: device.totalBytes,
	}));
	return { ...fakeLoad, memory };
}

const linesOf = (facts: FitReportFacts) => fitReportText(facts, english);

/** The devices with the model on them. */
function taken(devices: readonly Device[], { memory }: LoadReport): Device[] {
	return devices.map((device) => {
		const held = memory.find((it) => it.device === device.name);
		const bytes = held
			? held.weights + held.kvCache + held.buffers + held.draft
			: 0;
		return { ...device, freeBytes: device.freeBytes - bytes };
	});
}

describe("the fit report", () => {
	it("begins with what is wrong with the chat template", () => {
		const firstLine = (load: Partial<LoadReport>) =>
			linesOf({ model, load: { ...fakeLoad, ...load }, devices: [fakeRam] })[0];
		const values = { model: "Fake", why: "it is too short" };
		assert.equal(
			firstLine({ chatError: createError("chatTemplateBroken", values) }),
			"The chat template of Fake is not usable: it is too short.",
		);
		assert.equal(
			firstLine({
				chatNote: createError("chatTemplatePlain", {
					...values,
					format: "Gemma",
				}),
			}),
			"The chat template of Fake is not usable: it is too short. It chats in the plain format of Gemma instead.",
		);
		const other = createError("chatUnsupported", { model: "Fake" });
		assert.equal(firstLine({ chatError: other }), firstLine({}));
	});

	it("compares predicted and allocated bytes, on a GPU and on a CPU", () => {
		const reports = ([[gpu, fakeRam], [fakeRam]] as const).map((devices) => {
			const placement = gpuPlacements(devices).at(-1) ?? cpuPlacement(devices);
			assert.ok(placement);
			const load = loadOf(planFor({ ...request, placement }), 12 * mib);
			return linesOf({ model, load, devices: taken(devices, load) });
		});
		assertGolden(
			"fitReport",
			reports.map((it) => it.join("\n")).join("\n\n---\n\n"),
		);
	});

	it("counts the memory of the model as free", () => {
		const placement = cpuPlacement([fakeRam]);
		assert.ok(placement);
		const load = loadOf(planFor({ ...request, placement }));
		const report = linesOf({
			model,
			load,
			devices: taken([fakeRam], load),
		}).join("\n");
		assert.ok(report.includes("free 48.0 GB"), report);
	});

	it("counts the chat context once it exists", () => {
		const placement = cpuPlacement([fakeRam]);
		assert.ok(placement);
		const plan = planFor({ ...request, placement, chatWindow: 8192 });
		const load = { ...loadOf(plan), chatWindow: 8192, openChatWindow: 8192 };
		const report = linesOf({ model, load, devices: taken([fakeRam], load) });
		const rows = report.filter((line) => /^ {2}(KV cache|total)/.test(line));
		assert.equal(rows.length, 2);
		assert.match(report.join("\n"), /context 3 x 2048, chat context 8192,/);
		for (const line of rows)
			assert.match(line, /(\d.+B) +\1$/, report.join("\n"));
	});

	it("finds the plan that left layers in RAM", () => {
		const [placement] = gpuPlacements([gpu, fakeRam]);
		assert.ok(placement);
		const small = { ...gpu, freeBytes: 1.7 * gib };
		const devices = [small, fakeRam];
		const whole = planFor({
			...request,
			placement: { ...placement, gpus: [small] },
		});
		assert.ok(!whole.fits);
		const partial = partialOffload(whole.request);
		assert.ok(partial?.request.offloadedLayers);
		const load = loadOf(partial);
		const report = linesOf({ model, load, devices: taken(devices, load) });
		const totals = report.filter((line) => line.includes("  total"));
		assert.equal(totals.length, 2);
		for (const line of totals)
			assert.match(line, /total +(\d.+B) +\1$/, "as it was planned");
	});

	for (const [where, devices] of [
		["a card", [gpu, fakeRam]],
		["an integrated GPU", [{ ...gpu, kind: "integrated" }, fakeRam]],
		["unified memory", [{ ...gpu, kind: "unified" }]],
		["a CPU", [fakeRam]],
	] as const satisfies readonly (readonly [string, readonly Device[]])[])
		it(`counts a draft, and what verifying takes, on ${where}`, () => {
			const placement = gpuPlacements(devices).at(-1) ?? cpuPlacement(devices);
			assert.ok(placement);
			const draft = { ...model, name: "Draft" };
			const plan = planFor({ ...request, placement, draft, verifies: true });
			const load: LoadReport = {
				...loadOf(planFor({ ...request, placement, draft })),
				draft: draft.name,
				verifyMs: [[1, 10]],
			};
			const report = linesOf({ model, load, devices: taken(devices, load) });
			for (const it of plan.devices)
				assert.ok(
					report.includes(memoryText(it, english)),
					`${memoryText(it, english)}\n${report.join("\n")}`,
				);
			assert.match(report.join("\n"), /, draft model \d/);
			for (const line of report.filter((it) => it.startsWith("  draft")))
				assert.match(line, /draft model +(\d.+B) +\1$/, "as it was planned");
		});

	it("says so if there was no plan", () => {
		assert.deepEqual(linesOf({ model, load: fakeLoad, devices: [fakeRam] }), [
			"Fake Q8_0 was loaded without a plan.",
		]);
	});
});
