import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { nullLog } from "../../src/base/log.ts";
import { describeDevices } from "../../src/client/devices/describeDevices.ts";
import { forkEngine } from "../../src/client/engineProcess.ts";
import {
	type Candidate,
	choosePlan,
} from "../../src/memory/plan/choosePlan.ts";
import { readModelFile } from "../../src/models/header/modelFile.ts";
import { errorText } from "../../src/protocol/errors.ts";
import { engineFile, RealEngine } from "../support/models/realEngine.ts";
import {
	firstLayers,
	shapeNamed,
	writeShapeModel,
} from "../support/models/shapeModels.ts";
import {
	needsSoftwareGpu,
	softwareGpuEnvironment,
} from "../support/models/softwareGpu.ts";
import { writeSparseModel } from "../support/models/sparseModel.ts";

/** Mesa's llvmpipe (Debian: mesa-vulkan-drivers): llama.cpp's real Vulkan backend, on a device of 2 GiB. */
describe("the engine on llvmpipe", () => {
	const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-"));
	const engine = new RealEngine(softwareGpuEnvironment);
	engine.gpu = "auto";
	after(async () => {
		await engine.stop();
		rmSync(folder, { recursive: true });
	});

	before(needsSoftwareGpu);

	it("refuses what is larger than the device, before the load", async () => {
		engine.modelFile = path.join(folder, "large.gguf");
		// 2.5 GB of weights: RAM has room for them.
		writeSparseModel(engine.modelFile, { layers: 20, width: 8192 });
		const { end } = await engine.read(engine.complete({ typed: "a" }));
		assert.ok(end.kind === "failed", JSON.stringify(end));
		assert.match(
			errorText(end.error),
			/large\.gguf does not fit: llvmpipe .* needs \d\.\d GB: weights 2\.5 GB, KV cache .*; free [12]\.\d GB(; it would fit on the CPU, at about [\d.]+ tokens per second \(headroom\.engine\.gpu: off\))?\.$/,
		);
		assert.equal(end.error.code, "modelTooLarge");
	});

	it("holds all of the model that the plan chose", async () => {
		const described = await describeDevices({
			fork: (env) => forkEngine({ file: engineFile, log: nullLog, env }),
			env: softwareGpuEnvironment,
			gpu: "auto",
		});
		assert.ok(described.ok);
		const files = new Map<string, string>();
		for (const [name, layers] of [
			["Qwen2.5-Coder-7B", 28],
			["Qwen2.5-Coder-0.5B", 24],
			["StarCoder2-3B", 3],
		] as const) {
			const file = path.join(folder, `${name}.gguf`);
			files.set(name, file);
			const shape = firstLayers(shapeNamed(name), layers);
			await writeShapeModel(file, shape, "Q4_K_M");
		}
		const candidates = [...files].map(([name, file]): Candidate => {
			const read = readModelFile(file);
			assert.ok(read.ok && read.value.shape.ok);
			const shape = read.value.shape.value;
			return { name, quantization: "", shape, roles: ["completion"] };
		});
		// The first is too large; the head of the second exceeds the device's tensor limit.
		const devices = described.value.filter(({ kind }) => kind !== "cpu");
		const ram = described.value.filter(({ kind }) => kind === "cpu");
		const choice = choosePlan({
			role: "completion",
			candidates,
			devices: [...devices, ...ram],
		});
		assert.ok(choice.kind === "chosen");
		const { model, placement } = choice.plan.request;
		assert.equal(model.name, "StarCoder2-3B");
		assert.equal(placement.gpus.length, 1);

		engine.modelFile = files.get(model.name) ?? "";
		engine.supervisor.apply("reloadModel");
		await engine.until(({ kind }) => kind === "loading");
		const status = await engine.until(
			({ kind }) => kind === "ready" || kind === "failed",
		);
		assert.ok(status.kind === "ready", JSON.stringify(status));
		const { memory, warning } = status.load;
		assert.equal(warning, undefined);
		const onGpu = memory.find(({ kind }) => kind === "integrated");
		const weights =
			model.shape.head.bytes +
			model.shape.layers.reduce((sum, it) => sum + it.weights.bytes, 0);
		assert.equal(onGpu?.weights, weights, "all layers, and the head");
		// llama.cpp allocated them there, too.
		const { kvCache = 0, buffers = 0 } = onGpu ?? {};
		assert.ok(kvCache > 0 && buffers > 0);
	});

	it("loads a model that fits within the predicted memory", async () => {
		engine.modelFile = "";
		engine.supervisor.apply("reloadModel");
		await engine.completeWhole({ prefixBlocks: ["const a = "] });
		const line = engine.lines.findLast((it) => it.includes("predicted")) ?? "";
		const [predicted = 0, allocated = 0, onGpu = 0, inRam = 0] = [
			...line.matchAll(/(\d+\.\d) MB/g),
		].map((it) => Number(it[1]));
		assert.ok(allocated <= predicted && predicted < allocated * 1.1, line);
		assert.ok(onGpu > inRam && inRam > 0, line);
		assert.ok(!engine.lines.some((it) => it.includes("is in RAM")));
		assert.ok(engine.lines.some((it) => / on Vulkan, /.test(it)));
	});
});
