import assert from "node:assert/strict";
import { failure, success } from "../../../src/base/result.ts";
import { Engine } from "../../../src/engine/engine.ts";
import type { FromEngine } from "../../../src/protocol/engineProtocol.ts";
import {
	createError,
	type HeadroomError,
} from "../../../src/protocol/errors.ts";
import type { FimRequest } from "../../../src/protocol/generation.ts";
import { emptyRequest } from "../../support/fakes/fakeEngine.ts";
import {
	type FakeOptions,
	FakeRuntime,
	fakeDescription,
	fakeLoadError,
	fakeModelFile,
	fakeRam,
	fakeText,
	scripted,
} from "../../support/fakes/fakeRuntime.ts";
import { plainLoadOptions } from "../../support/loadOptions.ts";

interface SetUp extends FakeOptions {
	readonly fileError?: HeadroomError;
	readonly now?: () => number;
}

function setUp(options: SetUp = {}) {
	const runtime = new FakeRuntime({
		continuation: scripted("abc"),
		...options,
	});
	const sent: FromEngine[] = [];
	const waiting: { test: () => boolean; resolve: () => void }[] = [];
	let shutdowns = 0;
	const notify = () => {
		for (const it of waiting) if (it.test()) it.resolve();
	};
	const engine = new Engine({
		createRuntime: () => Promise.resolve(success(runtime)),
		readVocabulary: () => Promise.resolve(undefined),
		readModelFile: (file) =>
			options.fileError
				? failure(options.fileError)
				: success(
						fakeModelFile({
							...(options.description ?? fakeDescription),
							file,
						}),
					),
		send: (message) => {
			sent.push(message);
			notify();
		},
		onShutdown: () => {
			shutdowns++;
			notify();
		},
		now: options.now ?? (() => 0),
	});
	const until = (test: () => boolean) =>
		test()
			? Promise.resolve()
			: new Promise<void>((resolve) => waiting.push({ test, resolve }));
	return {
		runtime,
		engine,
		sent,
		load: (file = "/models/fake.gguf", requestId = "load") =>
			engine.receive({
				kind: "load",
				requestId,
				options: {
					...plainLoadOptions,
					file,
					contextWindow: 512,
				},
			}),
		complete: (
			requestId: string,
			line = "x",
			changes: Partial<FimRequest> = {},
			replaces?: string,
		) =>
			engine.receive({
				kind: "complete",
				requestId,
				request: { ...emptyRequest, typed: line, ...changes },
				...(replaces !== undefined && { replaces }),
			}),
		end: async (requestId: string) => {
			const ended = () =>
				sent.find(
					(it) =>
						(it.kind === "done" ||
							it.kind === "loaded" ||
							it.kind === "failed") &&
						it.requestId === requestId,
				);
			await until(() => ended() !== undefined);
			const message = ended();
			assert.ok(message);
			return message;
		},
		text: (requestId: string) =>
			sent
				.map((it) =>
					it.kind === "chunk" && it.requestId === requestId ? it.text : "",
				)
				.join(""),
		reports: () =>
			sent.flatMap((it) => (it.kind === "report" ? [it.report.kind] : [])),
		until,
		shutdowns: () => shutdowns,
	};
}

describe("Engine", () => {
	it("accepts references without a reply", async () => {
		const it = setUp();
		it.load();
		it.engine.receive({
			kind: "references",
			references: [{ id: "a.ts", text: "abc" }, { id: "b.ts" }],
		});
		it.complete("1");
		await it.end("1");
		assert.equal(it.text("1"), "abc");
		assert.ok(!JSON.stringify(it.sent).includes("a.ts"));
	});

	it("refuses oversized references without logging their text", () => {
		const it = setUp();
		for (const references of [
			[{ id: "a.ts", text: "secret ".repeat(10_000) }],
			Array.from({ length: 17 }, (_, i) => ({ id: `${i}`, text: "secret" })),
		])
			it.engine.receive({ kind: "references", references });
		assert.deepEqual(
			it.sent.map((message) => message.kind === "log" && message.level),
			["error", "error"],
		);
		assert.ok(!JSON.stringify(it.sent).includes("secret"));
	});

	it("loads, warms up, generates, and reports each phase", async () => {
		const it = setUp();
		it.load();
		it.complete("1");
		const end = await it.end("1");
		assert.equal(it.text("1"), "abc");
		assert.equal(end.kind === "done" && end.stopReason, "endOfText");
		assert.deepEqual(it.reports(), [
			"loading",
			"loading",
			"loading",
			"loading",
			"warmingUp",
			"ready",
			"generating",
			"ready",
		]);
	});

	it("re-evaluates only the typed text", async () => {
		const it = setUp();
		it.load();
		it.complete("1", "let x");
		await it.end("1");
		it.complete("2", "let xy");
		const end = await it.end("2");
		assert.ok(end.kind === "done");
		// The new character, and the marker after it.
		assert.deepEqual(
			[end.stats.prefillTokens, end.stats.reusedTokens],
			[2, end.stats.promptTokens - 2],
		);
	});

	it("reuses the prompt of a file after work in other files", async () => {
		const it = setUp();
		it.load();
		const ask = async (id: string, prefix: string) => {
			it.complete(id, prefix, { path: `${prefix[0]}.ts` });
			const end = await it.end(id);
			assert.ok(end.kind === "done");
			return end.stats.prefillTokens;
		};
		await ask("1", "first file, of some length");
		await ask("2", "another one, and also long");
		await ask("3", "1, 2, 3, 4, 5, 6, 7, 8, 9");
		assert.equal(await ask("4", "first file, of some length!"), 2);
		assert.equal(await ask("5", "another one, and also long!"), 2);
		// A fourth evicts the least recently used one.
		assert.ok((await ask("6", "zzzzzzzzzzzzzzzzzzzzzzzzzzz")) > 20);
		assert.ok((await ask("7", "1, 2, 3, 4, 5, 6, 7, 8, 9, 10")) > 20);
	});

	it("sends no special token, and stops at one", async () => {
		const it = setUp({ continuation: scripted("ab<suffix>c") });
		it.load();
		it.complete("1");
		const end = await it.end("1");
		assert.equal(it.text("1"), "ab");
		assert.equal(end.kind === "done" && end.stopReason, "endOfText");
	});

	it("answers a request cancelled in the queue without working on it", async () => {
		const it = setUp();
		it.load();
		it.complete("1", "first");
		it.complete("2", "second");
		it.engine.receive({ kind: "cancel", requestId: "2" });
		const end = await it.end("2");
		assert.equal(end.kind === "done" && end.stopReason, "cancelled");
		assert.ok(
			!it.runtime.journal.evaluated.some((tokens) =>
				fakeText(tokens).includes("second"),
			),
		);
	});

	it("stops a request cancelled while it runs", async () => {
		let onThird = () => {};
		let steps = 0;
		const it = setUp({
			continuation: () => "a",
			onEvaluate: (tokens) => {
				if (fakeText(tokens) === "a" && ++steps === 3) onThird();
			},
		});
		onThird = () => it.engine.receive({ kind: "cancel", requestId: "1" });
		it.load();
		it.complete("1", "x", { maxTokens: 400 });
		const end = await it.end("1");
		assert.equal(end.kind === "done" && end.stopReason, "cancelled");
		assert.ok(steps === 3, String(steps));
	});

	for (const [what, options, code] of [
		[
			"a file that cannot be used",
			{ fileError: createError("modelEmpty", { file: "/x" }) },
			"modelEmpty",
		],
		[
			"a model that does not load",
			{ loadError: fakeLoadError },
			"modelOutOfMemory",
		],
	] as const)
		it(`refuses completions for ${what}, with the reason`, async () => {
			const it = setUp(options);
			it.load();
			it.complete("1");
			it.complete("2");
			for (const id of ["1", "2"]) {
				const end = await it.end(id);
				assert.equal(end.kind === "failed" && end.error.code, code);
			}
		});

	it("continues the text before the cursor with a model without fill-in-the-middle", async () => {
		const it = setUp({ fimTokens: null });
		it.load();
		it.complete("1", "x", {
			prefixBlocks: ["before "],
			suffix: "behind",
		});
		const end = await it.end("1");
		assert.ok(end.kind === "done", JSON.stringify(end));
		const prompts = it.runtime.journal.evaluated.map(fakeText).join("");
		assert.match(prompts, /before x/);
		assert.doesNotMatch(prompts, /behind|<prefix>|<suffix>/);
	});

	it("frees a model whose first evaluation fails, and reports that", async () => {
		let fails = true;
		const it = setUp({
			onEvaluate: () => {
				if (fails) throw new Error("no such kernel");
			},
		});
		it.load();
		it.complete("1");
		const end = await it.end("1");
		assert.deepEqual(end.kind === "failed" && end.error, {
			code: "modelRefused",
			values: { file: "/models/fake.gguf", why: "no such kernel" },
		});
		const { liveModels, liveSequences } = it.runtime.journal;
		assert.deepEqual([liveModels, liveSequences], [0, 0]);
		assert.equal(it.reports().at(-1), "failed");
		fails = false;
		it.load();
		it.complete("2");
		assert.equal((await it.end("2")).kind, "done");
	});

	it("replies with an error if an evaluation fails, and keeps working", async () => {
		let fails = true;
		const it = setUp({
			onEvaluate: (tokens) => {
				if (fails && fakeText(tokens).includes("x")) throw new Error("lost");
			},
		});
		it.load();
		it.complete("1");
		const failed = await it.end("1");
		assert.equal(
			failed.kind === "failed" && failed.error.code,
			"generationFailed",
		);
		fails = false;
		it.complete("2");
		assert.equal((await it.end("2")).kind, "done");
		assert.equal(it.text("2"), "abc");
	});

	it("replaces the model, with one in memory at a time", async () => {
		const it = setUp();
		it.load("/models/one.gguf");
		it.load("/models/two.gguf");
		it.complete("1");
		await it.end("1");
		assert.deepEqual(
			[it.runtime.journal.liveModels, it.runtime.journal.liveSequences],
			[1, 3],
		);
		const ready = it.sent.findLast((m) => m.kind === "report");
		assert.ok(ready?.kind === "report" && ready.report.kind === "ready");
		assert.equal(ready.report.model.file, "/models/two.gguf");
	});

	describe("answers a load", () => {
		it("with the load result, after the report that it is ready", async () => {
			const it = setUp();
			it.load("/models/one.gguf", "1");
			const end = await it.end("1");
			assert.ok(end.kind === "loaded");
			const { model, budget, load } = end.loaded;
			assert.equal(model.file, "/models/one.gguf");
			const report = it.sent.at(-2);
			assert.deepEqual(report?.kind === "report" && report.report, {
				kind: "ready",
				model,
				budget,
				load,
			});
		});

		it("that fails with the reported error", async () => {
			const it = setUp({ loadError: fakeLoadError });
			it.load("/models/one.gguf", "1");
			const end = await it.end("1");
			assert.ok(end.kind === "failed");
			const { code, values, needs = [] } = end.error;
			assert.deepEqual(
				{ code, values },
				{ code: fakeLoadError.code, values: fakeLoadError.values },
			);
			assert.deepEqual(
				needs.map(({ kind }) => kind),
				["needs"],
				"what the plan needed and what was free",
			);
			assert.equal(it.reports().at(-1), "failed");
		});

		it("that the next load superseded before it began, without loading it", async () => {
			const it = setUp();
			it.load("/models/one.gguf", "1");
			it.load("/models/two.gguf", "2");
			const [one, two] = [await it.end("1"), await it.end("2")];
			assert.deepEqual(
				one.kind === "failed" && one.error,
				createError("loadSuperseded", { file: "/models/one.gguf" }),
			);
			assert.equal(two.kind, "loaded");
			const loading = it.sent.flatMap((message) =>
				message.kind === "report" && message.report.kind === "loading"
					? [message.report.file]
					: [],
			);
			assert.deepEqual(new Set(loading), new Set(["/models/two.gguf"]));
		});

		it("that had begun when the next load arrived", async () => {
			let hasArrived = false;
			const it = setUp({
				onEvaluate: () => {
					if (!hasArrived) it.load("/models/two.gguf", "2");
					hasArrived = true;
				},
			});
			it.load("/models/one.gguf", "1");
			assert.equal((await it.end("1")).kind, "loaded");
			const two = await it.end("2");
			assert.equal(
				two.kind === "loaded" && two.loaded.model.file,
				"/models/two.gguf",
			);
		});

		it("that a shutdown came before", async () => {
			const it = setUp();
			it.load("/models/one.gguf", "1");
			it.engine.receive({ kind: "shutdown" });
			const end = await it.end("1");
			assert.equal(end.kind === "failed" && end.error.code, "engineStopped");
		});

		it("with invalid options", async () => {
			const it = setUp();
			it.engine.receive({ kind: "load", requestId: "1", options: {} });
			const end = await it.end("1");
			assert.equal(end.kind === "failed" && end.error.code, "badMessage");
		});
	});

	it("keeps the prompt within the context window", async () => {
		const it = setUp();
		it.load();
		it.complete("1", "y".repeat(3000));
		const end = await it.end("1");
		assert.ok(end.kind === "done" && end.stats.promptTokens <= 502);
		assert.ok(end.stats.leftOutTokens >= 2490);
	});

	it("builds the same prompt for every requested length of the answer", async () => {
		const it = setUp();
		it.load();
		it.complete("1", "y".repeat(3000), { maxTokens: 10 });
		await it.end("1");
		it.complete("2", "y".repeat(3000), { maxTokens: 100 });
		const end = await it.end("2");
		assert.ok(end.kind === "done");
		assert.equal(end.stats.prefillTokens, 1, "all but the last was reused");
	});

	it("answers a malformed message, and a request without a model", async () => {
		const it = setUp();
		it.engine.receive({ kind: "complete", requestId: "1", request: {} });
		const bad = await it.end("1");
		assert.equal(bad.kind === "failed" && bad.error.code, "badMessage");
		it.engine.receive("nonsense");
		it.engine.receive(null);
		it.complete("2");
		const early = await it.end("2");
		assert.equal(early.kind === "failed" && early.error.code, "engineStopped");
	});

	it("describes the devices, before and after a load", async () => {
		const devices = [{ ...fakeRam, freeBytes: 4 * 2 ** 30 }];
		const it = setUp({ devices });
		const ask = async (requestId: string) => {
			it.engine.receive({ kind: "describeDevices", requestId, gpu: "off" });
			const answer = () =>
				it.sent.find((m) => m.kind === "devices" && m.requestId === requestId);
			await it.until(() => answer() !== undefined);
			return answer();
		};
		assert.deepEqual(await ask("1"), {
			kind: "devices",
			requestId: "1",
			devices,
		});
		assert.equal(it.runtime.loads, 0);
		assert.deepEqual(it.reports(), [], "the status is that of before");
		it.load();
		it.complete("2");
		assert.equal((await it.end("2")).kind, "done");
		await ask("3");
		assert.equal(it.runtime.journal.liveModels, 1);
	});

	it("describes the devices of a loaded model past the queue", async () => {
		let onStarted = () => {};
		const started = new Promise<void>((resolve) => {
			onStarted = resolve;
		});
		let finish = () => {};
		const finished = new Promise<void>((resolve) => {
			finish = resolve;
		});
		let isHeld = false;
		const it = setUp({
			onEvaluate: () => {
				if (!isHeld) return;
				onStarted();
				return finished;
			},
		});
		const ask = async (requestId: string) => {
			it.engine.receive({ kind: "describeDevices", requestId, gpu: null });
			const answer = () =>
				it.sent.find(
					(m) =>
						(m.kind === "devices" || m.kind === "failed") &&
						m.requestId === requestId,
				);
			await it.until(() => answer() !== undefined);
			return answer();
		};
		assert.deepEqual(await ask("1"), {
			kind: "failed",
			requestId: "1",
			error: createError("engineStopped", {}),
		});
		it.load();
		await it.until(() => it.reports().at(-1) === "ready");
		isHeld = true;
		it.complete("2");
		await started;
		assert.equal((await ask("3"))?.kind, "devices");
		assert.ok(
			!it.sent.some((m) => m.kind === "done"),
			"the completion still runs",
		);
		finish();
		assert.equal((await it.end("2")).kind, "done");
	});

	it("replies with an error if the devices cannot be queried", async () => {
		const it = setUp();
		it.runtime.devices = () => Promise.reject(new Error("device lost"));
		it.engine.receive({ kind: "describeDevices", requestId: "1", gpu: "off" });
		const end = await it.end("1");
		assert.deepEqual(
			end.kind === "failed" && end.error,
			createError("devicesUnknown", { why: "device lost" }),
		);
	});

	it("ends its work and frees the model at a shutdown", async () => {
		const it = setUp({ continuation: () => "a" });
		it.load();
		it.complete("1", "x", { maxTokens: 400 });
		it.engine.receive({ kind: "shutdown" });
		await it.until(() => it.shutdowns() === 1);
		assert.equal((await it.end("1")).kind, "done");
		assert.equal(it.runtime.journal.liveModels, 0);
	});

	it("preempts idle work for a request that someone waits for", async () => {
		let onSecond = () => {};
		const it = setUp({
			continuation: () => "a",
			onEvaluate: (tokens) => {
				if (fakeText(tokens) === "a") onSecond();
			},
		});
		let asked = false;
		onSecond = () => {
			if (asked) return;
			asked = true;
			it.complete("typed", "y", { maxTokens: 2 });
		};
		it.load();
		it.complete("ahead", "x", { maxTokens: 400, priority: "idle" });
		it.complete("queued", "z", { maxTokens: 400, priority: "idle" });
		for (const id of ["ahead", "queued"]) {
			const end = await it.end(id);
			assert.equal(end.kind === "done" && end.stopReason, "cancelled");
		}
		const end = await it.end("typed");
		assert.equal(end.kind === "done" && end.stopReason, "maxTokens");
		assert.equal(it.text("typed"), "aa");
	});

	it("steers a request: its successor goes on before all that waits", async () => {
		const it = setUp();
		it.load();
		await it.until(() => it.reports().includes("ready"));
		it.complete("1", "const a");
		it.complete("2", "other", { path: "b.ts" });
		it.complete("3", "const ab", {}, "1");
		it.complete("4", "const abc", {}, "3");
		for (const id of ["1", "2", "3", "4"]) await it.end(id);
		const ends = it.sent.flatMap((message) =>
			message.kind === "done"
				? [`${message.requestId} ${message.stopReason === "cancelled"}`]
				: [],
		);
		assert.deepEqual(ends, ["1 true", "3 true", "4 false", "2 false"]);
	});

	it("is at work all the while one request steers another", async () => {
		let key = () => {};
		const it = setUp({
			continuation: () => "a",
			onEvaluate: (tokens) => {
				if (fakeText(tokens) === "a") key();
			},
		});
		it.load();
		await it.until(() => it.reports().includes("ready"));
		const loaded = it.reports().length;
		let keys = 0;
		key = () => {
			if (keys === 5) return;
			keys++;
			it.complete(`${keys}`, "x".repeat(keys), {}, `${keys - 1}`);
		};
		it.complete("0", "", { maxTokens: 4 });
		await it.end("5");
		await it.until(() => it.reports().at(-1) === "ready");
		assert.deepEqual(it.reports().slice(loaded), ["generating", "ready"]);
	});

	for (const [tokensPerSecond, stepTokens] of [
		[10_000, 128],
		[800, 80],
		[20, 32],
	] as const)
		for (const priority of ["typing", "idle"] as const)
			it(`evaluates prompts in steps of ${stepTokens} tokens at ${tokensPerSecond} tokens per second: ${priority}`, async () => {
				let nowMs = 0;
				const it = setUp({
					onEvaluate: (tokens) => {
						nowMs += (tokens.length * 1000) / tokensPerSecond;
					},
					now: () => nowMs,
				});
				it.load();
				await it.until(() => it.reports().includes("ready"));
				const { evaluated } = it.runtime.journal;
				const before = evaluated.length;
				it.complete("1", "text ".repeat(60), { priority });
				await it.end("1");
				const sizes = evaluated.slice(before).map(({ length }) => length);
				assert.equal(Math.max(...sizes), stepTokens);
			});

	for (const replaces of [undefined, "ahead"])
		it(`keeps what was evaluated in advance when someone waits for the same prompt${replaces ? ", and steers it" : ""}`, async () => {
			const typed = "some text\n".repeat(40);
			let evaluated = 0;
			let key = () => {};
			const it = setUp({
				onEvaluate: (tokens) => {
					if (!fakeText(tokens).includes("some")) return;
					evaluated += tokens.length;
					if (evaluated > 100) key();
				},
			});
			it.load();
			it.complete("ahead", typed, { maxTokens: 0, priority: "idle" });
			key = () => {
				key = () => {};
				it.complete("typed", typed, {}, replaces);
			};
			const ahead = await it.end("ahead");
			assert.equal(ahead.kind === "done" && ahead.stopReason, "cancelled");
			const end = await it.end("typed");
			assert.ok(end.kind === "done");
			assert.ok(end.stats.reusedTokens > 100, String(end.stats.reusedTokens));
			assert.ok(
				evaluated <= end.stats.promptTokens,
				`${evaluated} of ${end.stats.promptTokens}: none twice`,
			);
		});

	it("queues a request that replaces one that has ended", async () => {
		const it = setUp();
		it.load();
		it.complete("1", "const a");
		await it.end("1");
		it.complete("2", "const ab", {}, "1");
		const end = await it.end("2");
		assert.ok(end.kind === "done" && end.stopReason !== "cancelled");
	});

	it("evaluates a prompt in advance", async () => {
		const it = setUp();
		it.load();
		it.complete("1", "some text", { maxTokens: 0, priority: "idle" });
		const ahead = await it.end("1");
		assert.equal(ahead.kind === "done" && ahead.stopReason, "maxTokens");
		assert.equal(it.text("1"), "");
		assert.equal(it.reports().at(-1), "ready", "idle work is not reported");
		assert.ok(!it.reports().includes("generating"));
		it.complete("2", "some text");
		const end = await it.end("2");
		assert.equal(end.kind === "done" && end.stats.prefillTokens, 1);
	});

	it("prepares new context without evicting the current prompt", async () => {
		const it = setUp();
		it.load();
		const line = "a line that is long enough to be worth keeping";
		const snippets = [{ path: "b.ts", text: "other text\n" }];
		const prefilled = async (id: string, changes: Partial<FimRequest>) => {
			it.complete(id, line, changes);
			const end = await it.end(id);
			assert.ok(end.kind === "done");
			return end.stats.prefillTokens;
		};
		await prefilled("1", {});
		await prefilled("2", { snippets, maxTokens: 0, priority: "idle" });
		assert.equal(await prefilled("3", {}), 1, "the former prompt is there");
		assert.equal(await prefilled("4", { snippets }), 1, "and so is the new");
		const more = [...snippets, { path: "c.ts", text: "still more\n" }];
		await prefilled("5", { snippets: more, maxTokens: 0, priority: "idle" });
		assert.equal(await prefilled("6", { snippets }), 1);
		assert.equal(await prefilled("7", { snippets: more }), 1);
	});
});
