import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
	copyFileSync,
	mkdirSync,
	mkdtempSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { writeChatModel } from "../support/models/chatModel.ts";
import { builtInModel, root } from "../support/models/realEngine.ts";

interface Answer {
	readonly devices: readonly { readonly id: string; readonly kind: string }[];
	readonly models: readonly {
		readonly file: string;
		readonly name: string | null;
		readonly fits: boolean;
		readonly plan: {
			readonly gpus: readonly string[];
			readonly devices: readonly Readonly<Record<string, number>>[];
		} | null;
		readonly tokensPerSecond: number | null;
		readonly reason: string | null;
		readonly chat: string | null;
	}[];
}

function runFit(...args: readonly string[]) {
	const { status, stdout, stderr } = spawnSync(
		process.execPath,
		["--import", "tsx", path.join(root, "scripts", "fit.ts"), ...args],
		{ cwd: root, encoding: "utf8" },
	);
	const lines = stdout.trim().split("\n");
	return {
		status,
		stdout,
		stderr,
		answer: (): Answer => JSON.parse(lines.at(-1) ?? ""),
	};
}

describe("npm run fit", () => {
	const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-"));
	after(() => rmSync(folder, { recursive: true }));

	it("has a plan for each built-in model on this machine, with its parts", () => {
		const { status, stdout, answer } = runFit("--json");
		assert.equal(status, 0);
		assert.match(stdout, /needs [\d.]+ GB: weights [\d.]+ MB.*; free /);
		assert.match(stdout, /about \d+ tokens per second/);
		const { devices, models } = answer();
		const hosts = devices.filter(({ kind }) =>
			["cpu", "unified"].includes(kind),
		);
		assert.equal(hosts.length, 1);
		assert.ok(models.some(({ file }) => file === builtInModel));
		for (const { fits, plan, tokensPerSecond } of models) {
			assert.ok(fits && plan);
			assert.ok((tokensPerSecond ?? 0) > 0);
			for (const { id: _, neededBytes, freeBytes, ...parts } of plan.devices) {
				const sum = Object.values(parts).reduce((a, b) => a + b, 0);
				assert.ok(Math.abs(sum - (neededBytes ?? 0)) < 10);
				assert.ok((neededBytes ?? 0) <= (freeBytes ?? 0));
			}
		}
	});

	it("plans for simulated GPUs, and says why a model does not fit", () => {
		const roomy = runFit("--vram", "8GiB", "--vram", "4GiB", "--json").answer();
		assert.deepEqual(
			roomy.devices.map(({ kind }) => kind),
			["discrete", "discrete", "cpu"],
		);
		for (const { plan, reason } of roomy.models) {
			assert.deepEqual(plan?.gpus, ["simulated0"], "one is enough");
			assert.equal(reason, null);
		}
		const tight = runFit("--vram", "1GiB", "--json").answer();
		for (const { plan, reason } of tight.models) {
			assert.deepEqual(plan?.gpus, []);
			// On a busy machine, the CPU may be too slow as well.
			assert.match(
				reason ?? "",
				/\bGPU: does not fit: simulated GPU 1 needs 1\.\d GB: weights /,
			);
		}
	});

	it("searches folders, and gives a reason for files that are no models", () => {
		const inside = path.join(folder, "publisher", "model");
		mkdirSync(inside, { recursive: true });
		copyFileSync(builtInModel, path.join(inside, "good.gguf"));
		writeFileSync(path.join(inside, "bad.gguf"), "no model");
		writeFileSync(path.join(inside, "readme.md"), "no model either");
		const missing = path.join(folder, "missing.gguf");
		const { status, answer } = runFit(folder, missing, "--json");
		assert.equal(status, 0);
		assert.deepEqual(
			answer().models.map(({ file, fits }) => [path.basename(file), fits]),
			[
				["bad.gguf", false],
				["good.gguf", true],
				["missing.gguf", false],
			],
		);
		const [bad, , gone] = answer().models;
		assert.match(bad?.reason ?? "", /is not a GGUF file/);
		assert.match(gone?.reason ?? "", /does not exist/);
	});

	it("says why the chat template of a model is not used", () => {
		const inside = path.join(folder, "chat");
		mkdirSync(inside);
		const template = (file: string, chatTemplate: string) =>
			writeChatModel(path.join(inside, file), { chatTemplate });
		writeChatModel(path.join(inside, "1.gguf"));
		template("2.gguf", "{% unknown %}<|im_start|><|im_end|>");
		template("3.gguf", "{% unknown %}");
		const { stdout, answer } = runFit(inside, "--json");
		const [good, plain, bad] = answer().models.map(({ chat }) => chat);
		assert.equal(good, null);
		const cannot = /is not usable: unknown tag unknown \(line 1\)\./;
		assert.match(plain ?? "", cannot);
		assert.match(plain ?? "", /the plain format of ChatML instead\.$/);
		assert.match(bad ?? "", cannot);
		assert.ok(stdout.includes(`  ${plain}\n`));
	});

	it("prints its usage for invalid arguments", () => {
		const { status, stderr } = runFit("--vram", "much");
		assert.equal(status, 1);
		assert.match(stderr, /a size such as 8GiB, not "much"\nusage: /);
	});
});
