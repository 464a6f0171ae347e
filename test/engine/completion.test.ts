import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { getCompletion } from "../../src/completion/request/getCompletion.ts";
import { noContext } from "../../src/completion/request/promptContext.ts";
import { patchModel } from "../support/models/patchModel.ts";
import {
	builtInModel,
	RealEngine,
	root,
	untilGone,
} from "../support/models/realEngine.ts";

const prefix = `export class Circle {
	constructor(private readonly radius: number) {}

	area(): number {
		return Math.PI * this.radius * this.radius;
	}

	perimeter(): number {
		return 2 * `;
const suffix = ";\n\t}\n}\n";

describe("the engine with the built-in model", () => {
	const engine = new RealEngine();
	after(() => engine.stop());

	it("completes, and gives the same text for the same request", async () => {
		const first = await engine.completeWhole({
			prefixBlocks: [prefix],
			suffix,
		});
		const second = await engine.completeWhole({
			prefixBlocks: [prefix],
			suffix,
		});
		assert.notEqual(first.text.trim(), "");
		assert.equal(second.text, first.text);
		assert.ok(first.stats.timeToFirstTokenMs !== null);
		assert.equal(first.stats.reusedTokens, 0);
		assert.equal(second.stats.reusedTokens, second.stats.promptTokens - 1);
	});

	it("re-evaluates only what changed when one character is typed", async () => {
		await engine.completeWhole({ prefixBlocks: [prefix], suffix });
		const { stats } = await engine.completeWhole({
			prefixBlocks: [`${prefix}M`],
			suffix,
		});
		// The typed character may merge with the previous token; one marker follows.
		assert.ok(
			stats.reusedTokens >= stats.promptTokens - 4,
			`${stats.reusedTokens} of ${stats.promptTokens} reused`,
		);
		assert.equal(stats.prefillTokens, stats.promptTokens - stats.reusedTokens);
	});

	it("gives the same text from a reused and an empty cache", async () => {
		const warm: string[] = [];
		const lines = prefix.split("\n");
		for (let line = 2; line <= lines.length; line++) {
			const block = lines.slice(0, line).join("\n");
			warm.push(
				(await engine.completeWhole({ prefixBlocks: [block], suffix })).text,
			);
		}
		const cold: string[] = [];
		for (let line = 2; line <= lines.length; line++) {
			// Other texts that evict this one from all caches.
			for (const other of ["one two three ", "x = 1\n", "() => {}; "])
				await engine.completeWhole({
					path: `${other}${line}`,
					prefixBlocks: [other.repeat(20)],
					maxTokens: 1,
				});
			const block = lines.slice(0, line).join("\n");
			const it = await engine.completeWhole({ prefixBlocks: [block], suffix });
			assert.ok(it.stats.reusedTokens <= 2, "the cache was cold");
			cold.push(it.text);
		}
		assert.deepEqual(warm, cold);
	});

	it("continues a partial word as from its start", async () => {
		const lines = prefix.split("\n");
		const line = lines.pop() ?? "";
		const ask = async (typed: string) =>
			(
				await engine.completeWhole({
					prefixBlocks: [`${lines.join("\n")}\n`],
					typed: line + typed,
					suffix,
				})
			).text;
		const whole = await ask("");
		const [word = ""] = /^\w+/.exec(whole) ?? [];
		assert.ok(word.length > 2, `a word comes next: ${whole}`);
		for (let typed = 1; typed < word.length; typed++) {
			const rest = await ask(whole.slice(0, typed));
			// The answer may be shorter, because held-back text counts among its tokens.
			assert.ok(whole.slice(typed).startsWith(rest), `${typed}: ${rest}`);
			assert.ok(rest.startsWith(word.slice(typed)), `${typed}: ${rest}`);
		}
	});

	it("gives other texts for other ranks, from a cached prompt", async () => {
		const texts = new Set<string>();
		for (const rank of [0, 1, 2]) {
			const { text, stats } = await engine.completeWhole({
				prefixBlocks: [prefix],
				suffix,
				rank,
			});
			texts.add(text);
			if (rank > 0) assert.equal(stats.prefillTokens, 1);
		}
		assert.equal(texts.size, 3);
	});

	it("never gives a special token as text", async () => {
		let whole = "";
		for (const block of ["", "}\n\n", "x", "import "]) {
			const { text } = await engine.completeWhole({
				prefixBlocks: [block],
				maxTokens: 64,
			});
			assert.doesNotMatch(text, /<\|/);
			whole += text;
		}
		assert.notEqual(whole.trim(), "");
	});

	it("treats special tokens in a file as plain text", async () => {
		const count = async (text: string) =>
			(await engine.completeWhole({ prefixBlocks: [text] })).stats.promptTokens;
		// A special token would count as one.
		for (const name of ["<|fim_suffix|>", "<|endoftext|>"])
			assert.ok((await count(`a${name}b`)) > (await count("ab")) + 3, name);
	});

	it("reuses nearly all of the prompt while the user types in a long file", async () => {
		const source = readFileSync(
			path.join(root, "src", "client", "supervisor.ts"),
			"utf8",
		);
		const start = source.indexOf("connect(): Promise");
		let promptTokens = 0;
		let reusedTokens = 0;
		for (let typed = 0; typed < 60; typed++) {
			const result = await getCompletion(
				{
					uri: "file:///supervisor.ts",
					path: "src/client/supervisor.ts",
					languageId: "typescript",
					indentation: { insertSpaces: false, tabSize: 4 },
					version: typed,
					// As if the next 60 characters were being typed, before the existing rest.
					text: source.slice(0, start + typed) + source.slice(start + 60),
					offset: start + typed,
				},
				engine.client,
				{
					signal: new AbortController().signal,
					contextProvider: noContext,
				},
			);
			if (typed === 0) continue;
			promptTokens += result.stats?.promptTokens ?? 0;
			reusedTokens += result.stats?.reusedTokens ?? 0;
		}
		// Of 480 that fit; the first block that does not fit is dropped as a whole.
		assert.ok(
			promptTokens > 59 * 320,
			`the prompts were full: ${promptTokens}`,
		);
		const share = reusedTokens / promptTokens;
		assert.ok(share >= 0.95, `${share} reused`);
	});

	it("reuses the prompt of a file after work in another", async () => {
		const block = prefix.repeat(3);
		await engine.completeWhole({
			path: "one.ts",
			prefixBlocks: [block],
			suffix,
		});
		await engine.completeWhole({
			path: "two.py",
			prefixBlocks: ["def f():\n"],
		});
		const { stats } = await engine.completeWhole({
			path: "one.ts",
			prefixBlocks: [`${block}M`],
			suffix,
		});
		assert.ok(stats.reusedTokens >= stats.promptTokens - 4);
	});

	it("keeps a prompt of any length within the window", async () => {
		const { stats } = await engine.completeWhole({
			prefixBlocks: Array.from(
				{ length: 40 },
				(_, i) => `const value${i} = [${"1, ".repeat(100)}];\n`,
			),
			suffix: "y = 2;\n".repeat(500),
			maxTokens: 48,
		});
		assert.ok(stats.promptTokens <= 768 - 48);
		assert.ok(stats.leftOutTokens > 1000);
	});

	it("stops a long prefill within one chunk, and keeps what was evaluated", async () => {
		const controller = new AbortController();
		const request = {
			prefixBlocks: ["let total = 0;\n", "total += 1;\n".repeat(120)],
			suffix: "export {};\n",
		};
		const stream = engine.complete(request, controller.signal);
		const reading = engine.read(stream);
		await engine.until(({ kind }) => kind === "generating");
		controller.abort();
		const { end } = await reading;
		assert.ok(end.kind === "done" && end.stopReason === "cancelled");
		assert.ok(end.stats.prefillTokens <= 256, `${end.stats.prefillTokens}`);
		assert.equal(end.stats.decodeTokens, 0);
		const again = await engine.completeWhole(request);
		assert.ok(again.stats.reusedTokens >= end.stats.prefillTokens);
	});

	it("stops decoding at once", async () => {
		const controller = new AbortController();
		const stream = engine.complete(
			{
				prefixBlocks: ["const list = [1, 2, 3, 4, 5, 6, 7, 8, "],
				maxTokens: 400,
			},
			controller.signal,
		);
		await stream.chunks.next();
		controller.abort();
		const { end } = await engine.read(stream);
		assert.ok(end.kind === "done" && end.stopReason === "cancelled");
		assert.ok(end.stats.decodeTokens < 100, `${end.stats.decodeTokens} tokens`);
	});

	it("reports a crash in the middle of a completion, and the next one works", async () => {
		const first = engine.read(
			engine.complete({
				path: "killed.ts",
				prefixBlocks: ["let total = 0;\n", "total += 1;\n".repeat(120)],
			}),
		);
		const waiting = engine.read(
			engine.complete({ prefixBlocks: ["in the queue"] }),
		);
		await engine.until(({ kind }) => kind === "generating");
		const { pid } = engine;
		process.kill(pid, "SIGKILL");
		for (const { end } of [await first, await waiting])
			assert.equal(end.kind === "failed" && end.error.code, "engineCrashed");
		await untilGone(pid);
		const { text } = await engine.completeWhole({
			prefixBlocks: [prefix],
			suffix,
		});
		assert.notEqual(text, "");
		assert.notEqual(engine.pid, pid);
	});

	it("has nothing of the user's text in its log", () => {
		assert.ok(engine.lines.length > 3);
		assert.doesNotMatch(engine.lines.join("\n"), /radius|perimeter/);
	});
});

describe("what a model declares", () => {
	const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-"));
	const engine = new RealEngine();
	after(async () => {
		await engine.stop();
		rmSync(folder, { recursive: true });
	});

	const loaded = async (file: string) => {
		engine.modelFile = file;
		engine.supervisor.apply("reloadModel");
		const { text, end } = await engine.read(
			engine.complete({ prefixBlocks: [prefix], suffix }),
		);
		return { text, end };
	};

	it("decides the order of the prompt", async () => {
		const psm = path.join(folder, "psm.gguf");
		patchModel(builtInModel, psm, [
			[
				"headroom.fim.order\x08\0\0\0\x03\0\0\0\0\0\0\0spm",
				"headroom.fim.order\x08\0\0\0\x03\0\0\0\0\0\0\0psm",
			],
		]);
		await loaded(builtInModel);
		assert.ok(engine.lines.some((line) => line.includes("order spm")));
		const { end } = await loaded(psm);
		assert.equal(end.kind, "done");
		assert.ok(engine.lines.some((line) => line.includes("order psm")));
		// Here the suffix follows the typed text, and is evaluated again.
		const { stats } = await engine.completeWhole({
			prefixBlocks: [`${prefix}M`],
			suffix,
		});
		assert.ok(stats.reusedTokens < stats.promptTokens - 4);
	});

	for (const order of ["psm", "spm"] as const)
		it(`evaluates no more than a new line when it is typed behind a frozen prefix: ${order}`, async () => {
			const file = path.join(folder, `lines-${order}.gguf`);
			const declared = "headroom.fim.order\x08\0\0\0\x03\0\0\0\0\0\0\0";
			patchModel(builtInModel, file, [
				[`${declared}spm`, `${declared}${order}`],
			]);
			await loaded(file);
			const request = { prefixBlocks: [prefix], suffix, maxTokens: 1 };
			let typed = "this.radius;\n";
			await engine.completeWhole({ ...request, typed });
			for (const line of [
				"\t}\n",
				"\n",
				"\tname(): string {\n",
				"\t\treturn ",
			]) {
				typed += line;
				const { stats } = await engine.completeWhole({ ...request, typed });
				// Of the line before only its end, which was held back or merges with this one; and the middle token.
				const most = line.length + 4;
				assert.ok(
					stats.promptTokens - stats.reusedTokens <= most,
					`${stats.reusedTokens} of ${stats.promptTokens} reused after ${JSON.stringify(line)}`,
				);
			}
		});

	it("is found in its token ids, whatever the file is called", async () => {
		const renamed = path.join(folder, "chat-model-7b-instruct.gguf");
		patchModel(builtInModel, renamed, []);
		assert.equal((await loaded(renamed)).end.kind, "done");
	});

	it("continues the text before the cursor without such tokens, whatever the file is called", async () => {
		const plain = path.join(folder, "best-coder-fim.gguf");
		patchModel(builtInModel, plain, [
			["tokenizer.ggml.fim_", "tokenizer.ggml.xxx_"],
			["<|fim_", "<|xxx_"],
		]);
		const { end } = await loaded(plain);
		assert.equal(end.kind, "done");
	});
});
