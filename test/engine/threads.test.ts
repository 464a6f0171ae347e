import assert from "node:assert/strict";
import {
	getLlama,
	LlamaLogLevel,
	useThreads,
} from "../../src/engine/runtime/nodeLlamaCpp.ts";
import { builtInModel, RealEngine } from "../support/models/realEngine.ts";
import { until } from "../support/until.ts";

describe("threads", () => {
	it("are as many as asked for in each evaluation, with the pinned library", async () => {
		const llama = await getLlama({
			gpu: false,
			build: "never",
			skipDownload: true,
			progressLogs: false,
			maxThreads: 0,
			logLevel: LlamaLogLevel.error,
		});
		try {
			const model = await llama.loadModel({ modelPath: builtInModel });
			const context = await model.createContext({
				contextSize: 256,
				threads: 1,
			});
			const other = await model.createContext({
				contextSize: 256,
				threads: 1,
			});
			const evaluate = async (it: typeof context, threads: number) => {
				useThreads(it, threads);
				const sequence = it.getSequence();
				await sequence.evaluateWithoutGeneratingNewTokens(
					model.tokenize("const a = 1;"),
				);
				sequence.dispose();
				return it.currentThreads;
			};
			for (const threads of [2, 1, 3, 2]) {
				assert.equal(await evaluate(context, threads), threads);
				assert.equal(await evaluate(other, 1), 1, "each has its own");
			}
			// The library has then given its threads back, and takes them anew.
			await until(
				"the reserved threads are free",
				() =>
					!("_threadSplitterConsumer" in context) ||
					context._threadSplitterConsumer === undefined,
			);
			assert.equal(await evaluate(context, 3), 3);
		} finally {
			await llama.dispose();
		}
	});

	it("of a model on the CPU are told when it is loaded", async () => {
		const engine = new RealEngine();
		engine.modelFile = builtInModel;
		try {
			await engine.completeWhole({ prefixBlocks: ["let a = "] });
			assert.ok(
				engine.lines.some((it) =>
					/^\[info\] loaded .* on CPU \(\d+ threads?\)/.test(it),
				),
				engine.lines.join("\n"),
			);
		} finally {
			await engine.stop();
		}
	});
});
