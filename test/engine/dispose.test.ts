import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { nullLog } from "../../src/base/log.ts";
import { createLlamaRuntime } from "../../src/engine/runtime/llamaRuntime.ts";
import type { Runtime } from "../../src/engine/runtime/runtime.ts";
import { readModelFile } from "../../src/models/header/modelFile.ts";
import { patchModel } from "../support/models/patchModel.ts";
import { builtInModel } from "../support/models/realEngine.ts";

describe("disposing of the runtime", () => {
	const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-dispose-"));
	after(() => rmSync(folder, { recursive: true }));

	const create = async (): Promise<Runtime> => {
		const created = await createLlamaRuntime({
			gpu: "off",
			threads: 1,
			log: nullLog,
		});
		assert.ok(created.ok, JSON.stringify(created));
		return created.value;
	};
	const load = (runtime: Runtime, file: string) => {
		const described = readModelFile(builtInModel);
		assert.ok(described.ok);
		return runtime.loadModel({
			description: { ...described.value.description, file },
			mapsFile: true,
			onProgress: () => {},
		});
	};

	it("settles after a failed load", async () => {
		const file = path.join(folder, "unknown.gguf");
		patchModel(builtInModel, file, [["qwen3", "qwenX"]]);
		const runtime = await create();
		const loaded = await load(runtime, file);
		assert.equal(!loaded.ok && loaded.error.code, "modelRefused");
		await runtime.dispose();
	});

	it("settles after a load that fails in the weights", async () => {
		const file = path.join(folder, "truncated.gguf");
		writeFileSync(file, readFileSync(builtInModel).subarray(0, 3_000_000));
		const runtime = await create();
		const loaded = await load(runtime, file);
		assert.equal(!loaded.ok && loaded.error.code, "modelRefused");
		await runtime.dispose();
	});

	it("settles while a model is loaded", async () => {
		const runtime = await create();
		const loaded = await load(runtime, builtInModel);
		assert.ok(loaded.ok);
		const sequences = await loaded.value.createSequences({
			count: 1,
			contextWindow: 512,
			batchTokens: 128,
			kvType: "f16",
		});
		assert.ok(sequences.ok);
		await runtime.dispose();
	});
});
