import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { FimRequest } from "../../src/protocol/generation.ts";
import { RealEngine } from "../support/models/realEngine.ts";
import { slidingWindow, writeTinyModel } from "../support/models/tinyModel.ts";

describe("a state that cannot roll back", () => {
	const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-tiny-"));
	after(() => rmSync(folder, { recursive: true }));

	const lines = Array.from(
		{ length: 40 },
		(_, i) => `const value${i} = compute(${i}, other${i});\n`,
	);
	const request = (line: string): Partial<FimRequest> => ({
		prefixBlocks: [lines.join("")],
		suffix: "export { value1 };\n",
		typed: line,
		maxTokens: 8,
	});

	for (const [what, architecture, order] of [
		["of a sliding window", "gemma3", "spm"],
		["of a recurrent model", "mamba", "spm"],
		["of a recurrent model with the prefix first", "mamba", "psm"],
	] as const)
		it(`${what} is reused up to the current line`, async () => {
			const file = path.join(folder, `${architecture}-${order}.gguf`);
			await writeTinyModel(file, architecture, order);
			const engine = new RealEngine();
			engine.modelFile = file;
			try {
				// Long enough to move the window before it is deleted, but within its room.
				await engine.completeWhole(
					request(`const list = [${"value, ".repeat(1.5 * slidingWindow)}`),
				);
				// Only the changed line is evaluated again, and nothing before it.
				for (const line of [
					"const sum = va",
					"const s",
					"",
					"c",
					"co",
					"const o",
				]) {
					const { stats } = await engine.completeWhole(request(line));
					assert.ok(stats.promptTokens > 4 * slidingWindow);
					assert.ok(
						stats.promptTokens - stats.reusedTokens < 16,
						`${stats.reusedTokens} of ${stats.promptTokens} reused after ${line}`,
					);
				}
				let typed = "";
				for (let i = 0; i < 12; i++) {
					typed += `const next${i} = compute(${i}, other${i});\n`;
					const { stats } = await engine.completeWhole(request(typed));
					// A line is 12 tokens, and the last checkpoint is at most 64 and a line away.
					assert.ok(
						stats.promptTokens - stats.reusedTokens < 64 + 2 * 16,
						`${stats.reusedTokens} of ${stats.promptTokens} reused after ${i} lines`,
					);
				}
				const warm = await engine.completeWhole(request("const last = "));
				engine.supervisor.apply("restartEngine");
				const cold = await engine.completeWhole(request("const last = "));
				assert.equal(cold.stats.reusedTokens, 0);
				assert.equal(warm.text, cold.text, "the state is the same");
			} finally {
				await engine.stop();
			}
		});
});
