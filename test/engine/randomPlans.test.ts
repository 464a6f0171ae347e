/** No combination of models and settings makes the engine abort: each plan is refused, or loaded. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { logTo } from "../../src/base/log.ts";
import { forkEngine } from "../../src/client/engineProcess.ts";
import { Supervisor } from "../../src/client/supervisor.ts";
import type { LoadOptions } from "../../src/protocol/engineProtocol.ts";
import type { EngineStatus } from "../../src/protocol/engineStatus.ts";
import { errorText } from "../../src/protocol/errors.ts";
import { emptyRecord, withLearned } from "../../src/protocol/machineRecord.ts";
import { builtInModel, engineFile } from "../support/models/realEngine.ts";
import {
	firstLayers,
	type ModelShape,
	type Quantization,
	shapeNamed,
	writeShapeModel,
} from "../support/models/shapeModels.ts";
import {
	needsSoftwareGpu,
	softwareGpuEnvironment,
} from "../support/models/softwareGpu.ts";
import { writeSparseModel } from "../support/models/sparseModel.ts";
import { writeTinyModel } from "../support/models/tinyModel.ts";
import { seededRandom } from "../support/seededRandom.ts";

/** `HEADROOM_PLANS=200` takes about five minutes; the gate runs fewer. */
const { HEADROOM_PLANS = "6" } = process.env;
const plans = Number(HEADROOM_PLANS);
/** So many plans, of which the first three quarters may use the GPU. */
const block = Math.min(plans, 60);

/** Published shapes made small, so that a load is fast: all kinds of attention, experts, recurrent layers. */
const smallShapes: readonly (readonly [ModelShape, Quantization])[] = [
	[small("Qwen2.5-Coder-0.5B", 3), "Q4_K_M"],
	// A head that exceeds the device's tensor limit.
	[{ ...small("Qwen2.5-Coder-0.5B", 1), vocabulary: 70_000 }, "Q8_0"],
	[narrow("CodeLlama-7B", 2), "Q4_0"],
	// A KV cache that exceeds the device's tensor limit at the full context.
	[wideCache(10), "Q4_0"],
	[narrow("Mellum-4b", 2), "Q5_K_M"],
	[small("Granite-4.0-h-350m", 11), "Q6_K"],
	[narrow("DeepSeek-Coder-V2-Lite", 2), "Q4_K_M"],
	[narrow("Gemma-3-1B", 7), "Q4_K_M"],
	[small("StarCoder2-3B", 1), "F16"],
	// Experts in one tensor that exceeds the device's limit.
	[
		{ ...shapeNamed("Qwen3-Coder-30B-A3B"), layers: 1, vocabulary: 8192 },
		"Q4_K_M",
	],
];

function small(name: string, layers: number): ModelShape {
	const { experts, ...shape } = firstLayers(shapeNamed(name), layers);
	return {
		...shape,
		vocabulary: 8192,
		...(experts && { experts: { ...experts, count: 8, used: 2 } }),
	};
}

function narrow(name: string, layers: number): ModelShape {
	return { ...small(name, layers), width: 512, feedForward: 1024 };
}

/** 32 KiB for each token and layer. */
function wideCache(layers: number): ModelShape {
	return {
		...narrow("CodeLlama-7B", layers),
		width: 256,
		heads: 64,
		kvHeads: 64,
		headLength: 128,
	};
}

describe(`${plans} random plans on llvmpipe`, function () {
	// A busy machine may take several times as long.
	this.timeout(plans * 60_000);
	const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-"));
	const lines: string[] = [];
	const files = [builtInModel];
	let options: LoadOptions;
	let record = emptyRecord;
	const supervisor = new Supervisor({
		fork: () =>
			forkEngine({
				file: engineFile,
				log: logTo((_, message) => lines.push(message)),
				env: softwareGpuEnvironment,
			}),
		loadOptions: () => options,
		log: logTo((_, message) => lines.push(message)),
	});

	before(async function () {
		await needsSoftwareGpu.call(this);
		const file = (name: string) => {
			files.push(path.join(folder, `${name}.gguf`));
			return files.at(-1) ?? "";
		};
		for (const architecture of ["gemma3", "mamba"] as const)
			await writeTinyModel(file(architecture), architecture, "spm");
		for (const [shape, quantization] of smallShapes)
			await writeShapeModel(
				file(`${shape.name} ${quantization}`),
				shape,
				quantization,
			);
		// Larger than the device, and than any machine that runs this.

		writeSparseModel(file("huge"), { layers: 900, width: 16_384 });
	});
	supervisor.onMessage((message) => {
		if (message.kind === "learned")
			record = withLearned(record, message.learned);
	});
	after(async () => {
		await supervisor.stop();
		supervisor.dispose();
		rmSync(folder, { recursive: true });
	});

	const load = () =>
		new Promise<EngineStatus>((resolve) => {
			const subscription = supervisor.onDidChangeStatus((status) => {
				if (!["ready", "failed", "crashed"].includes(status.kind)) return;
				subscription.dispose();
				resolve(status);
			});
			if (supervisor.status.kind === "stopped") void supervisor.connect();
			else supervisor.apply("reloadModel");
		});

	it("are each refused or loaded, by one process", async () => {
		const random = seededRandom(4);
		const one = <T>(of: readonly T[]): T => {
			const chosen = of[Math.floor(random() * of.length)];
			assert.ok(chosen !== undefined);
			return chosen;
		};
		const outcomes = new Map<string, number>();
		for (let i = 0; i < plans; i++) {
			options = {
				file: one(files),
				// In blocks, because llvmpipe recompiles all its kernels after each change.
				gpu: i % block < 0.75 * block ? "auto" : "off",
				partialOffload: one([false, false, true]),
				threads: null,
				// Half of them use what was recorded before.
				record: random() < 0.5 ? record : null,
				contextWindow: one([64, 300, 1024, 8192, 200_000, null]),
				latencyTargetMs: one([50, 300, 5000]),
				speculation: "off",
				drafts: [],
			};
			const status = await load();
			const what = JSON.stringify({
				...options,
				file: path.basename(options.file),
			});
			assert.notEqual(
				status.kind,
				"crashed",
				`${what}\n${lines.slice(-5).join("\n")}`,
			);
			if (status.kind === "failed")
				assert.equal(
					status.error.code,
					"modelTooLarge",
					`${what}: ${errorText(status.error)}`,
				);
			const outcome = status.kind === "ready" ? placeOf(status) : "refused";
			outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
		}
		assert.equal(
			lines.filter((it) => it.includes("runs as process")).length,
			1,
		);
		for (const outcome of ["refused", "GPU", "CPU"])
			assert.ok(
				(outcomes.get(outcome) ?? 0) >= plans / 20,
				JSON.stringify([...outcomes]),
			);
	});
});

function placeOf({ load }: EngineStatus & { readonly kind: "ready" }): string {
	const [first] = load.memory;
	return first?.kind === "cpu" ? "CPU" : "GPU";
}
