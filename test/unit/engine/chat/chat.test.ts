import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
	createError,
	errorText,
	type HeadroomError,
} from "../../../../src/protocol/errors.ts";
import {
	assistant,
	driveEngine,
	user,
} from "../../../support/fakes/drivenEngine.ts";
import {
	fakeDescription,
	fakeText,
	scripted,
} from "../../../support/fakes/fakeRuntime.ts";
import { gate } from "../../../support/gate.ts";
import { settle } from "../../../support/settle.ts";

const long = "y".repeat(400);

describe("an answer", () => {
	for (const [what, options, request, outcome, said] of [
		["ends by itself", {}, {}, "endOfText", "abc"],
		["respects the limit of tokens", {}, { maxTokens: 2 }, "maxTokens", "ab"],
		[
			"omits special tokens",
			{ continuation: scripted("ab<suffix>c") },
			{},
			"endOfText",
			"ab",
		],
		[
			"is refused by a model without a template",
			{ chatTemplate: null },
			{},
			"chatUnsupported",
			"",
		],
		[
			"is refused by a model that is too small",
			{ description: fakeDescription },
			{},
			"chatTooSmall",
			"",
		],
		[
			"comes from a model that completes nothing",
			{ fimTokens: null },
			{},
			"endOfText",
			"abc",
		],
	] as const)
		it(what, async () => {
			const it = driveEngine(options);
			it.load();
			it.chat("a", request);
			assert.equal(await it.outcome("a"), outcome);
			assert.equal(it.said("a"), said);
			assert.equal(it.reports().at(-1), "ready");
		});

	it("ends when the context window is full", async () => {
		const it = driveEngine({ continuation: () => "a" });
		it.load();
		it.chat("a");
		assert.equal(await it.outcome("a"), "contextFull");
		const { promptTokens, decodeTokens } = await it.statsOf("a");
		// The last token is generated but not evaluated.
		assert.equal(promptTokens + decodeTokens, 1024 + 1);
	});

	it("is refused with the numbers if the question is too long", async () => {
		const it = driveEngine();
		it.load();
		// The template has three tokens, and 64 are reserved for the answer.
		it.chat("fits", { turns: [user("y".repeat(1024 - 64 - 3))] });
		it.chat("not", { turns: [user("y".repeat(1024 - 64 - 2))] });
		assert.equal(await it.outcome("fits"), "endOfText");
		const end = await it.end("not");
		assert.deepEqual(
			end.kind === "failed" && end.error,
			createError("chatTooLong", {
				tokens: "961",
				room: "960",
				model: "Fake",
			}),
		);
	});

	it("separates reasoning from the answer", async () => {
		const it = driveEngine({
			continuation: scripted("<think>hm</think>yes"),
		});
		it.load();
		it.chat("a");
		await it.end("a");
		assert.deepEqual([it.said("a", "reasoning"), it.said("a")], ["hm", "yes"]);
	});

	it("fails if an evaluation fails, and the next one does not", async () => {
		let fails = true;
		const it = driveEngine({
			onEvaluate: (tokens) => {
				if (fails && fakeText(tokens).includes("secret"))
					throw new Error("lost");
			},
		});
		it.load();
		it.chat("1", { turns: [user("secret")] });
		const end = await it.end("1");
		assert.deepEqual(
			end.kind === "failed" && end.error,
			createError("generationFailed", { why: "lost" }),
		);
		fails = false;
		it.chat("2", { turns: [user("secret")] });
		assert.equal(await it.outcome("2"), "endOfText");
	});

	it("fails while there is no room for its context", async () => {
		let error: HeadroomError | undefined = createError("modelOutOfMemory", {
			needs: [],
			file: "f",
			why: "w",
		});
		const it = driveEngine({
			onCreateSequences: ({ count, contextWindow }) =>
				count === 1 && contextWindow === 1024 ? error : undefined,
		});
		it.load();
		it.chat("1");
		assert.equal(await it.outcome("1"), "chatOutOfMemory");
		assert.equal(it.reports().at(-1), "ready");
		error = undefined;
		it.chat("2");
		assert.equal(await it.outcome("2"), "endOfText");
		assert.equal(it.runtime.journal.liveSequences, 4);
	});

	it("fails without a model", async () => {
		const it = driveEngine();
		it.chat("a");
		assert.equal(await it.outcome("a"), "engineStopped");
	});

	it("leaves none of its text in the log", async () => {
		const it = driveEngine({ continuation: scripted("classified") });
		it.load();
		it.chat("a", { turns: [user("secret")], reference: "hidden" });
		await it.end("a");
		const logged = it.sent.filter(({ kind }) => kind === "log");
		assert.doesNotMatch(JSON.stringify(logged), /secret|classified|hidden/);
	});

	it("logs its cost", async () => {
		const it = driveEngine();
		it.load();
		it.chat("a", { turns: [user(long)] });
		const { promptTokens, decodeTokens } = await it.statsOf("a");
		const logged = it.sent.filter(({ kind }) => kind === "log");
		assert.match(
			JSON.stringify(logged),
			new RegExp(
				`chat a: endOfText; prompt ${promptTokens} tokens, 0 reused \\(0 %\\); prefill .*, ${decodeTokens} tokens decoded`,
			),
		);
	});

	it("is refused if its text is too long to tokenize", async () => {
		const it = driveEngine();
		it.load();
		it.chat("a", { turns: [user("y".repeat(4 * 2 ** 20 + 1))] });
		assert.equal(await it.outcome("a"), "badMessage");
	});
});

describe("consecutive answers", () => {
	it("evaluate only new tokens", async () => {
		const it = driveEngine();
		it.load();
		it.chat("1", { turns: [user(long)] });
		await it.end("1");
		it.chat("2", { turns: [user(long), assistant("abc"), user("why")] });
		const { promptTokens, reusedTokens } = await it.statsOf("2");
		// Including the answer, whose last token was evaluated to predict its end.
		assert.equal(reusedTokens, 1 + long.length + 2 + 3);
		assert.equal(promptTokens - reusedTokens, 2 + 3 + 2);
	});

	for (const [what, turns, reused] of [
		["goes on", [user(long), assistant("abc"), user("why")], 406],
		["asks again", [user(long)], 402],
		["branches", [user(long), assistant("x"), user("why")], 402],
		["is another one", [user("other")], 0],
	] as const)
		it(`roll back to a checkpoint if the cache cannot roll back further, and the conversation ${what}`, async () => {
			const it = driveEngine({ cannotRollBack: true });
			it.load();
			it.chat("1", { turns: [user(long)] });
			await it.end("1");
			it.chat("2", { turns });
			assert.equal((await it.statsOf("2")).reusedTokens, reused);
			assert.equal(it.said("2"), "abc");
		});

	it("use the generated tokens of an answer for that answer only", async () => {
		// With one token per character, only a special token distinguishes them.
		const it = driveEngine({ continuation: scripted("<think>a</think>b") });
		it.load();
		it.chat("1");
		await it.end("1");
		it.chat("2", { turns: [user("<think>a</think>b")] });
		await it.end("2");
		assert.equal(it.said("2"), "b");
	});

	it("wait for each other", async () => {
		const held = gate();
		const it = driveEngine({
			onEvaluate: (tokens) =>
				fakeText(tokens).includes("first") ? held.wait() : undefined,
		});
		it.load();
		it.chat("1", { turns: [user("first")] });
		it.chat("2", { turns: [user("second")] });
		await held.reached;
		await settle();
		assert.deepEqual([it.lasts("1"), it.lasts("2")], [[], []]);
		held.open();
		await it.end("2");
		assert.equal(it.lasts("1").length, 1);
	});
});

describe("a question that is cancelled", () => {
	it("in the queue is answered at once, and those after it still wait", async () => {
		const held = gate();
		const it = driveEngine({
			onEvaluate: (tokens) =>
				fakeText(tokens).includes("first") ? held.wait() : undefined,
		});
		it.load();
		it.chat("1", { turns: [user("first")] });
		it.chat("2", { turns: [user("second")] });
		it.chat("3", { turns: [user("third")] });
		await held.reached;
		it.cancel("2");
		assert.equal(await it.outcome("2"), "cancelled");
		await settle();
		assert.deepEqual([it.lasts("1"), it.lasts("3")], [[], []]);
		held.open();
		assert.equal(await it.outcome("3"), "endOfText");
		assert.equal(await it.outcome("1"), "endOfText");
		assert.ok(
			!it.runtime.journal.evaluated.some((tokens) =>
				fakeText(tokens).includes("second"),
			),
		);
	});

	it("while a model loads is answered at once", async () => {
		const held = gate();
		const it = driveEngine({ onLoad: held.wait });
		it.load();
		it.chat("a");
		await held.reached;
		it.cancel("a");
		assert.equal(await it.outcome("a"), "cancelled");
		held.open();
		it.chat("b");
		assert.equal(await it.outcome("b"), "endOfText");
	});

	it("while its context is created leaves the context to the next", async () => {
		const held = gate();
		const it = driveEngine({
			onCreateSequences: async ({ count, contextWindow }) => {
				if (count === 1 && contextWindow === 1024) await held.wait();
				return undefined;
			},
		});
		it.load();
		it.chat("a");
		await held.reached;
		it.cancel("a");
		held.open();
		assert.equal(await it.outcome("a"), "cancelled");
		it.chat("b");
		assert.equal(await it.outcome("b"), "endOfText");
		assert.equal(it.runtime.journal.liveSequences, 4);
	});

	it("while it generates ends within one evaluation", async () => {
		let evaluations = 0;
		const it = driveEngine({
			continuation: () => "a",
			onEvaluate: (tokens) => {
				if (fakeText(tokens) === "a" && ++evaluations === 5) it.cancel("a");
			},
		});
		it.load();
		it.chat("a");
		assert.equal(await it.outcome("a"), "cancelled");
		assert.equal(evaluations, 5);
		assert.equal(it.lasts("a").length, 1);
	});
});

describe("completions beside an answer", () => {
	it("run between any two of its evaluations", async () => {
		const order: string[] = [];
		let asked = 0;
		const it = driveEngine({
			continuation: scripted("abcdef"),
			onEvaluate: (tokens) => {
				const text = fakeText(tokens);
				order.push(text);
				if (/^[a-c]$/.test(text) && asked < 3)
					it.complete(`c${++asked}`, { maxTokens: 1 });
			},
		});
		it.load();
		await it.until(() => it.reports().at(-1) === "ready");
		order.length = 0;
		it.chat("answer");
		await it.end("answer");
		const told = order
			.slice(order.indexOf("a"))
			.filter((text) => /^([a-f]|<middle>)$/.test(text));
		// The end of a completion's prompt.
		assert.deepEqual(
			told
				.slice(0, 7)
				.map((text) => (text === "<middle>" ? "completion" : text)),
			["a", "completion", "b", "completion", "c", "completion", "d"],
			order.join(" "),
		);
		assert.equal(it.said("answer"), "abcdef");
	});

	it("are not prepared in advance meanwhile", async () => {
		let isAsked = false;
		const it = driveEngine({
			onEvaluate: (tokens) => {
				if (isAsked || fakeText(tokens) !== "a") return;
				isAsked = true;
				it.complete("ahead", { priority: "idle" });
			},
		});
		it.load();
		it.chat("answer");
		await it.end("answer");
		assert.equal(await it.outcome("ahead"), "cancelled");
		it.complete("later", { priority: "idle" });
		assert.equal(await it.outcome("later"), "endOfText");
	});

	it("keep the status, which changes with the first and the last of them", async () => {
		let asked = 0;
		const it = driveEngine({
			onEvaluate: (tokens) => {
				if (/^[abc]$/.test(fakeText(tokens)) && asked < 3)
					it.complete(`c${++asked}`, { maxTokens: 1 });
			},
		});
		it.load();
		it.chat("answer");
		await it.end("answer");
		for (let i = 1; i <= asked; i++) await it.end(`c${i}`);
		const reports = it.reports();
		assert.deepEqual(
			reports
				.slice(reports.indexOf("ready"))
				.filter((kind, at, all) => kind !== all[at - 1]),
			["ready", "generating", "ready"],
		);
		assert.equal(asked, 3);
	});

	it("report the memory of its context at once", async () => {
		const it = driveEngine();
		it.load();
		it.chat("answer");
		await it.end("answer");
		const cells = it.sent.flatMap((message) =>
			message.kind === "report" &&
			(message.report.kind === "generating" || message.report.kind === "ready")
				? [
						message.report.load.memory.reduce(
							(sum, { kvCache }) => sum + kvCache,
							0,
						),
					]
				: [],
		);
		const [loaded = 0, ...later] = cells;
		assert.ok(later.length >= 2);
		assert.ok((later.at(-2) ?? 0) > loaded, `${cells}`);
		assert.equal(later.at(-1), later.at(-2));
		const [last] = it.sent
			.flatMap((sent) => (sent.kind === "report" ? sent.report : []))
			.slice(-1);
		assert.ok(last?.kind === "ready");
		assert.ok(last.load.openChatWindow === last.load.chatWindow);
		assert.ok(last.load.chatWindow > 0);
	});
});

describe("a load while an answer is in progress", () => {
	const slow = () => {
		const held = gate();
		const it = driveEngine({
			continuation: scripted("abc"),
			onEvaluate: (tokens) =>
				fakeText(tokens).includes("first") ? held.wait() : undefined,
		});
		it.load({ file: "/models/one.gguf" });
		it.chat("1", { turns: [user("first")] });
		return { it, held };
	};

	it("ends it, but not requests after it", async () => {
		const { it, held } = slow();
		it.chat("2", { turns: [user("second")] });
		await held.reached;
		it.load({ file: "/models/two.gguf" });
		it.chat("3", { turns: [user("third")] });
		it.complete("4");
		it.count("5");
		held.open();
		assert.equal(await it.outcome("1"), "cancelled");
		assert.equal(await it.outcome("2"), "cancelled");
		assert.equal(await it.outcome("3"), "endOfText");
		assert.equal(await it.outcome("4"), "endOfText");
		const models = it.sent.flatMap((message) =>
			message.kind === "chunk"
				? ["completed"]
				: message.kind === "report" && message.report.kind === "ready"
					? [message.report.model.file]
					: [],
		);
		assert.ok(
			models.indexOf("/models/two.gguf") < models.indexOf("completed"),
			"what comes after a load is for its model",
		);
		assert.equal(it.runtime.journal.liveModels, 1);
	});

	it("is followed by another, and the last one counts", async () => {
		const { it, held } = slow();
		await held.reached;
		it.load({ file: "/models/two.gguf" });
		it.chat("2", { turns: [user("second")] });
		it.load({ file: "/models/three.gguf" });
		it.chat("3", { turns: [user("third")] });
		held.open();
		assert.equal(await it.outcome("2"), "cancelled");
		assert.equal(await it.outcome("3"), "endOfText");
		const ready = it.sent.findLast((message) => message.kind === "report");
		assert.ok(ready?.kind === "report" && ready.report.kind === "ready");
		assert.equal(ready.report.model.file, "/models/three.gguf");
		assert.deepEqual(
			[it.runtime.journal.liveModels, it.runtime.journal.liveSequences],
			[1, 4],
		);
	});

	it("differs from a shutdown, which ends everything", async () => {
		const { it, held } = slow();
		await held.reached;
		it.shutdown();
		it.chat("2");
		held.open();
		assert.equal(await it.outcome("1"), "cancelled");
		assert.equal(await it.outcome("2"), "engineStopped");
		await it.until(() => it.shutdowns() === 1);
		const { liveModels, liveSequences } = it.runtime.journal;
		assert.deepEqual([liveModels, liveSequences], [0, 0]);
	});
});

describe("counting the tokens of a conversation", () => {
	it("adds up to the prompt", async () => {
		const it = driveEngine();
		it.load();
		const turns = [user("four"), assistant("six!!!"), user("1")];
		it.chat("a", { turns });
		const { promptTokens } = await it.statsOf("a");
		it.count("n", turns);
		const last = await it.end("n");
		assert.deepEqual(last, {
			kind: "counted",
			requestId: "n",
			counts: {
				fixedTokens: promptTokens - 11,
				turnTokens: [4, 6, 1],
				windowTokens: 1024,
			},
		});
	});

	it("does not wait for answers or loads", async () => {
		const held = gate();
		let isHeld = false;
		const it = driveEngine({
			onEvaluate: () => (isHeld ? held.wait() : undefined),
			onLoad: () => (isHeld ? held.wait() : undefined),
		});
		it.count("before");
		assert.equal(await it.outcome("before"), "engineStopped");
		it.load();
		await it.until(() => it.reports().at(-1) === "ready");
		isHeld = true;
		it.chat("a");
		await held.reached;
		it.count("meanwhile");
		assert.equal(it.lasts("meanwhile")[0]?.kind, "counted");
		held.open();
		await it.end("a");
	});

	it("is refused if the model cannot chat", async () => {
		const it = driveEngine({ chatTemplate: null });
		it.load();
		await it.until(() => it.reports().at(-1) === "ready");
		it.count("n");
		const end = await it.end("n");
		assert.match(
			end.kind === "failed" ? errorText(end.error) : "",
			/no chat template/,
		);
	});
});

describe("chat snapshots", () => {
	const folder = mkdtempSync(path.join(tmpdir(), "headroom-chat-"));
	after(() => rmSync(folder, { recursive: true }));
	const one = {
		stateFile: path.join(folder, "one", "state"),
		turns: [user(long)],
	};
	const two = {
		stateFile: path.join(folder, "two", "state"),
		turns: [user("z".repeat(500))],
	};

	it("are restored after a shutdown, a load, and another conversation", async () => {
		const first = driveEngine();
		first.load();
		first.chat("1", one);
		await first.end("1");
		// At once: pending snapshots are saved before the model is unloaded.
		first.shutdown();
		await first.until(() => first.shutdowns() === 1);

		const it = driveEngine();
		it.load();
		it.chat("1", one);
		assert.equal((await it.statsOf("1")).reusedTokens, 402);
		it.load({ file: "/models/fake.gguf" });
		it.chat("2", one);
		assert.equal((await it.statsOf("2")).reusedTokens, 402);
		it.chat("3", two);
		assert.equal((await it.statsOf("3")).reusedTokens, 1);
		it.chat("4", one);
		assert.equal((await it.statsOf("4")).reusedTokens, 402);
		it.chat("5", two);
		assert.equal((await it.statsOf("5")).reusedTokens, 502);
		it.shutdown();
		await it.until(() => it.shutdowns() === 1);
	});

	it("are removed even if deleted while one is being saved", async () => {
		const it = driveEngine();
		const stateFile = path.join(folder, "four", "state");
		it.load();
		it.chat("1", { ...one, stateFile });
		await it.end("1");
		it.engine.receive({ kind: "deleteState", stateFile });
		it.shutdown();
		await it.until(() => it.shutdowns() === 1);
		assert.deepEqual(readdirSync(path.dirname(stateFile)), []);
	});

	it("are saved before the next question changes the cache, and after completions", async () => {
		const held = gate();
		const it = driveEngine({
			onState: (what) => (what === "save" ? held.wait() : undefined),
		});
		it.load();
		const stateFile = path.join(folder, "three", "state");
		it.chat("1", { ...one, stateFile });
		it.chat("2", { ...two, stateFile: null });
		await held.reached;
		await settle();
		assert.equal(it.lasts("1").length, 1, "nobody waits for it");
		assert.equal(it.lasts("2").length, 0);
		held.open();
		await it.end("2");
		it.chat("3", { ...one, stateFile });
		assert.equal((await it.statsOf("3")).reusedTokens, 402);
		it.shutdown();
		await it.until(() => it.shutdowns() === 1);
	});
});
