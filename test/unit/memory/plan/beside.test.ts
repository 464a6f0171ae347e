import assert from "node:assert/strict";
import { besideMapped } from "../../../../src/memory/plan/beside.ts";
import { planFor } from "../../../../src/memory/plan/plan.ts";
import { shapeInMix } from "../../../../src/memory/shape/quantization.ts";
import type { Device } from "../../../../src/protocol/device.ts";
import { publishedModels } from "../../../support/models/publishedModels.ts";

const shape = shapeInMix(publishedModels["Qwen2.5-Coder-7B"], "Q4_K_M");

const ram: Device = {
	id: "cpu",
	name: "RAM",
	kind: "cpu",
	totalBytes: 16 * 2 ** 30,
	freeBytes: 8 * 2 ** 30,
};
const card: Device = {
	id: "cuda0",
	name: "RTX 9999",
	kind: "discrete",
	totalBytes: 24 * 2 ** 30,
	freeBytes: 20 * 2 ** 30,
};

function planOn(gpus: readonly Device[], host: Device) {
	return planFor({
		model: { name: "M", quantization: "Q4_K_M", shape },
		placement: { gpus, host },
		contextWindow: 2048,
		sequences: 3,
		batchTokens: 128,
		kvType: "f16",
	});
}

describe("the memory beside loaded models", () => {
	it("is what is free without their mapped weights", () => {
		const plan = planOn([], ram);
		assert.ok(plan.mapsFile);
		const [holder] = plan.holders;
		assert.ok(holder && holder.bytes.weights > 100 * 2 ** 20);
		assert.deepEqual(besideMapped([ram, card], [plan]), [
			{ ...ram, freeBytes: ram.freeBytes - holder.bytes.weights },
			card,
		]);
	});

	it("is what is free where weights are copied", () => {
		const plan = planOn([], { ...ram, repacking: "x86" });
		assert.equal(plan.mapsFile, false);
		assert.deepEqual(besideMapped([ram], [plan]), [ram]);
	});

	it("counts what a GPU does not hold", () => {
		const plan = planOn([card], ram);
		const [less, same] = besideMapped([ram, card], [plan]);
		assert.equal(same, card);
		assert.ok(less);
		const hostBytes = ram.freeBytes - less.freeBytes;
		assert.ok(hostBytes < shape.input.bytes + 1);
	});

	it("is never negative", () => {
		const plan = planOn([], ram);
		const full = { ...ram, freeBytes: 1 };
		assert.equal(besideMapped([full], [plan])[0]?.freeBytes, 0);
	});
});
