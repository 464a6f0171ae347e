import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { getCompletion } from "../../src/completion/request/getCompletion.ts";
import { noContext } from "../../src/completion/request/promptContext.ts";
import { readModel } from "../../src/models/header/readModel.ts";
import { errorText } from "../../src/protocol/errors.ts";
import { RealEngine } from "../support/models/realEngine.ts";

const { HEADROOM_TEST_MODELS: folder = "" } = process.env;
const inFolder = (name: string) => path.join(folder, name);
const small = inFolder("qwen2.5-coder-0.5b-instruct-q4_k_m.gguf");

const snapshot = (before: string, after: string) => ({
	uri: "file:///add.py",
	path: "add.py",
	languageId: "python",
	indentation: { insertSpaces: true, tabSize: 4 },
	version: 1,
	text: before + after,
	offset: before.length,
});

describe("published models", () => {
	before(function () {
		if (existsSync(small)) return;
		console.log("    HEADROOM_TEST_MODELS names no folder with them: skipped");
		this.skip();
	});

	describe("Qwen2.5-Coder 0.5B Instruct", () => {
		const engine = new RealEngine();
		after(() => engine.stop());

		const suggest = async (before: string, rest: string) => {
			engine.modelFile = small;
			const result = await getCompletion(
				snapshot(before, rest),
				engine.client,
				{ signal: new AbortController().signal, contextProvider: noContext },
			);
			return { result, stats: result.stats };
		};

		it("infills the rest of a line with the names around it", async () => {
			const { result } = await suggest(
				'def add(first, second):\n    """The sum of both."""\n    return ',
				"\n\nprint(add(1, 2))\n",
			);
			assert.ok(result.kind === "suggestion", JSON.stringify(result));
			assert.match(result.text, /^first \+ second/);
		});

		it("evaluates only what was typed when typing goes on", async () => {
			const { stats } = await suggest(
				'def add(first, second):\n    """The sum of both."""\n    return fir',
				"\n\nprint(add(1, 2))\n",
			);
			assert.ok(stats);
			// The typed token, and the one before it, which may have merged with it.
			assert.ok(
				stats.prefillTokens <= 4,
				`${stats.prefillTokens} of ${stats.promptTokens} tokens evaluated`,
			);
		});
	});

	it("are told not to fit where memory runs out in the load, and loaded once there is some", async function () {
		if (process.platform !== "linux") this.skip();
		const engine = new RealEngine();
		await engine.completeWhole({ prefixBlocks: ["a"], maxTokens: 2 });
		const { pid } = engine;
		const status = readFileSync(`/proc/${pid}/status`, "utf8");
		const usedKb = Number(/VmData:\s+(\d+)/.exec(status)?.[1]);
		const limit = (bytes: string) =>
			execFileSync("prlimit", ["--pid", `${pid}`, `--data=${bytes}:unlimited`]);
		// Less than the weights, and enough for the process itself.
		limit(`${usedKb * 1024 + 150 * 2 ** 20}`);
		engine.modelFile = small;
		const end = await engine.supervisor.load();
		assert.ok(end.kind === "failed", end.kind);
		assert.match(
			errorText(end.error),
			/^There was not enough memory to load .* needs [\d.]+ GB: weights 4\d\d\.\d MB, .*; free /,
		);
		assert.equal(engine.pid, pid, "the process is well");
		limit("unlimited");
		assert.equal((await engine.supervisor.load()).kind, "loaded");
		await engine.stop();
	});

	const facts: readonly (readonly [
		name: string,
		fim: boolean,
		chat: boolean,
	])[] = [
		["qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", true, true],
		["qwen2.5-coder-1.5b-instruct-q4_k_m.gguf", true, true],
		["smollm2-135m-instruct-q4_1.gguf", false, true],
		["gemma-3-270m-q4_k_m.gguf", false, false],
	];
	for (const [name, fim, chat] of facts)
		it(`reads what ${name} is for`, async () => {
			const reading = await readModel([inFolder(name)]);
			assert.ok(reading.kind === "model", JSON.stringify(reading));
			const { hasFimTokens, hasChatTemplate } = reading.content.traits;
			assert.deepEqual(
				{ fim: hasFimTokens, chat: hasChatTemplate },
				{ fim, chat },
			);
		});
});
