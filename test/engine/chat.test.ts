import assert from "node:assert/strict";
import {
	existsSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ChatRequest, ChatTurn } from "../../src/protocol/chat.ts";
import type { GenerationEnd } from "../../src/protocol/generation.ts";
import { writeChatModel } from "../support/models/chatModel.ts";
import { RealEngine, root } from "../support/models/realEngine.ts";
import { until } from "../support/until.ts";

const request: ChatRequest = {
	turns: [],
	maxTokens: 24,
	temperature: 0,
	seed: 1,
	reference: "",
	stateFile: null,
};

const system: ChatTurn = { role: "system", text: "You help with code." };
const user = (text: string): ChatTurn => ({ role: "user", text });
const assistant = (text: string): ChatTurn => ({ role: "assistant", text });

/** About 2,000 tokens. */
const file = readFileSync(
	path.join(root, "src/memory/plan/plan.ts"),
	"utf8",
).slice(0, 7000);
const withFile = user(
	`src/memory/plan.ts\n\`\`\`ts\n${file}\n\`\`\`\nWhat does it do?`,
);

function statsOf(end: GenerationEnd) {
	assert.ok(end.kind === "done", JSON.stringify(end));
	return end.stats;
}

describe("conversations in the engine", () => {
	const folder = mkdtempSync(path.join(tmpdir(), "headroom-chat-"));
	const modelFile = path.join(folder, "chat.gguf");
	let engine: RealEngine;

	const ask = async (
		turns: readonly ChatTurn[],
		options: Partial<ChatRequest> = {},
		signal = new AbortController().signal,
	) => {
		const chunks = engine.client.chat(
			{ ...request, turns, ...options },
			signal,
		);
		let text = "";
		let next = await chunks.next();
		for (; !next.done; next = await chunks.next()) text += next.value.text;
		return { text, end: next.value };
	};
	const generating = () => engine.until(({ kind }) => kind === "generating");
	const start = async () => {
		engine = new RealEngine();
		engine.modelFile = modelFile;
		await engine.completeWhole({ maxTokens: 1 });
	};

	const reload = async () => {
		// A load of what is loaded keeps it.
		await engine.supervisor.restart();
		await engine.completeWhole({ maxTokens: 1 });
	};

	before(async () => {
		writeChatModel(modelFile, { contextWindow: 4096 });
		await start();
	});
	after(async () => {
		await engine.stop();
		rmSync(folder, { recursive: true });
	});

	it("answers, and evaluates only new tokens for the second question", async () => {
		const first = await ask([system, withFile]);
		assert.ok(first.text.length > 0, JSON.stringify(first.end));
		const { promptTokens: asked } = statsOf(first.end);
		assert.ok(asked > 1900, `${asked}`);
		const second = await ask([
			system,
			withFile,
			assistant(first.text),
			user("And why?"),
		]);
		const { promptTokens, reusedTokens } = statsOf(second.end);
		assert.ok(
			reusedTokens >= 0.95 * promptTokens,
			`${reusedTokens} of ${promptTokens}`,
		);
	});

	it("has one copy of the weights, and reports the memory of the second context", async () => {
		const held = () => {
			const { status } = engine.supervisor;
			assert.ok(status.kind === "ready" || status.kind === "generating");
			const { memory, chatWindow } = status.load;
			const sum = (part: "weights" | "kvCache") =>
				memory.reduce((total, it) => total + it[part], 0);
			return { weights: sum("weights"), kvCache: sum("kvCache"), chatWindow };
		};
		await reload();
		const before = held();
		await ask([system, user("Hello")]);
		const after = held();
		assert.ok(before.weights > 0);
		assert.equal(after.weights, before.weights);
		// 7 layers, each with a key and a value of 64 halves.
		const tokenBytes = 7 * 2 * 64 * 2;
		assert.equal(after.kvCache - before.kvCache, after.chatWindow * tokenBytes);
	});

	it("counts a megabyte in slices, serves a completion meanwhile, and finds as many tokens when asked", async () => {
		const lines = Array.from(
			{ length: 40_000 },
			(_, index) => `\tconst value${index} = ${index * 7} % 31;`,
		);
		const turns = [system, user(`{\n${lines.join("\n")}\n}`)];
		const ends: string[] = [];
		const [counted] = await Promise.all([
			engine.client.count(turns).finally(() => ends.push("counted")),
			engine
				.completeWhole({ prefixBlocks: ["let sum = "], maxTokens: 2 })
				.finally(() => ends.push("completed")),
		]);
		assert.deepEqual(ends, ["completed", "counted"]);
		assert.ok(counted?.ok);
		const { fixedTokens, turnTokens } = counted.value;
		const { end } = await ask(turns);
		assert.equal(end.kind === "failed" && end.error.code, "chatTooLong");
		assert.equal(
			end.kind === "failed" && Number(end.error.values["tokens"]),
			fixedTokens + turnTokens.reduce((a, b) => a + b, 0),
		);
	});

	it("counts the tokens of a conversation exactly", async () => {
		const turns = [system, withFile];
		const counted = await engine.client.count(turns);
		assert.ok(counted?.ok);
		const { fixedTokens, turnTokens, windowTokens } = counted.value;
		const { promptTokens } = statsOf((await ask(turns)).end);
		assert.equal(
			fixedTokens + turnTokens.reduce((a, b) => a + b, 0),
			promptTokens,
		);
		assert.equal(windowTokens, 4096);
	});

	it("runs completions first, during decoding and prefill of an answer", async () => {
		const order: string[] = [];
		const answer = ask([system, user(`${file}\nExplain.`)], {
			maxTokens: 200,
			temperature: 0.8,
		}).then((it) => {
			order.push("answer");
			return it;
		});
		for (let i = 0; i < 5; i++) {
			const { chunks } = engine.complete({
				typed: `const value${i} = `,
				maxTokens: 8,
			});
			let next = await chunks.next();
			while (!next.done) next = await chunks.next();
			assert.ok(
				next.value.kind === "done" && next.value.stopReason !== "cancelled",
			);
			order.push("completion");
		}
		const { end } = await answer;
		assert.deepEqual(order, [...Array(5).fill("completion"), "answer"]);
		assert.ok(statsOf(end).decodeTokens > 0);
	});

	it("gives the same answer with and without completions in between", async () => {
		const turns = [system, user("Write a function that adds numbers.")];
		const options = { maxTokens: 60, temperature: 0.8, seed: 7 };
		const alone = await ask(turns, options);
		const shared = ask(turns, options);
		for (let i = 0; i < 4; i++) {
			const { chunks } = engine.complete({
				typed: `let it${i} = `,
				maxTokens: 6,
			});
			while (!(await chunks.next()).done);
		}
		assert.equal((await shared).text, alone.text);
	});

	it("stops within a slice, and reuses what was evaluated", async () => {
		const stop = new AbortController();
		const stopped = ask(
			[system, withFile, assistant("x"), user("Go on")],
			{ maxTokens: 500 },
			stop.signal,
		);
		await generating();
		stop.abort();
		const { end } = await stopped;
		assert.ok(
			end.kind === "cancelled" ||
				(end.kind === "done" && end.stopReason === "cancelled"),
		);
		const again = await ask([system, withFile, assistant("x"), user("Go on")]);
		assert.ok(statsOf(again.end).reusedTokens > 0);
	});

	it("refuses a question that is too long with the numbers, and keeps working", async () => {
		const { end } = await ask([system, user(file.repeat(4))]);
		assert.ok(
			end.kind === "failed" && end.error.code === "chatTooLong",
			JSON.stringify(end),
		);
		assert.equal(end.error.values["room"], String(4096 - 64));
		assert.ok((await ask([system, user("Hello")])).end.kind === "done");
	});

	it("ends an answer when another model is loaded, and does not hang", async () => {
		const answer = ask([system, user("Tell a long story.")], {
			maxTokens: 2000,
			temperature: 0.9,
		});
		await generating();
		engine.supervisor.apply("reloadModel");
		const { end } = await answer;
		assert.ok(
			end.kind !== "failed" || end.error.code === "engineStopped",
			JSON.stringify(end),
		);
		await engine.completeWhole({ maxTokens: 1 });
		assert.ok((await ask([system, user("Hello")])).end.kind === "done");
	});

	it("reports why the built-in model cannot chat", async () => {
		engine.modelFile = "";
		await reload();
		const { end } = await ask([system, user("Hello")]);
		assert.ok(
			end.kind === "failed" && end.error.code === "chatTooSmall",
			JSON.stringify(end),
		);
		engine.modelFile = modelFile;
		await reload();
	});

	describe("state on disk", () => {
		const stateFile = path.join(folder, "state", "chat.bin");
		const saved = () =>
			until("the saved state", () => existsSync(`${stateFile}.json`));

		it("is reused by the next process, and only the user may read it", async () => {
			const first = await ask([system, withFile], { stateFile });
			await saved();
			assert.equal(statSync(stateFile).mode & 0o777, 0o600);
			assert.equal(statSync(`${stateFile}.json`).mode & 0o777, 0o600);
			await engine.stop();
			await start();
			const second = await ask(
				[system, withFile, assistant(first.text), user("And why?")],
				{ stateFile },
			);
			const { promptTokens, reusedTokens } = statsOf(second.end);
			assert.ok(
				reusedTokens >= 0.95 * promptTokens,
				`${reusedTokens} of ${promptTokens}`,
			);
		});

		it("is ignored when it is damaged", async () => {
			await saved();
			await engine.stop();
			const bytes = readFileSync(stateFile);
			writeFileSync(stateFile, bytes.subarray(0, bytes.length / 2));
			await start();
			const { end } = await ask([system, withFile], { stateFile });
			assert.equal(statsOf(end).reusedTokens, 0);
		});
	});
});
