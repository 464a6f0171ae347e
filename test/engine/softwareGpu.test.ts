import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { errorText } from "../../src/protocol/errors.ts";
import { RealEngine } from "../support/realEngine.ts";
import {
	needsSoftwareGpu,
	softwareGpuEnvironment,
} from "../support/softwareGpu.ts";
import { writeSparseModel } from "../support/sparseModel.ts";

/** Mesa's llvmpipe (Debian: mesa-vulkan-drivers): llama.cpp's real Vulkan backend, on a device of 2 GiB. */
describe("the engine on llvmpipe", function () {
	this.timeout(60_000);
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
		const { end } = await engine.read(engine.complete({ line: "a" }));
		assert.ok(end.kind === "failed", JSON.stringify(end));
		assert.match(
			errorText(end.error),
			/large\.gguf does not fit: llvmpipe .* needs \d\.\d GB: weights 2\.5 GB, KV cache .*; free [12]\.\d GB(; on the CPU it would fit, at about [\d.]+ tokens per second \(headroom\.engine\.gpu: off\))?\.$/,
		);
		assert.equal(end.error.code, "modelTooLarge");
	});

	it("loads what fits wholly there, within what was predicted", async () => {
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
