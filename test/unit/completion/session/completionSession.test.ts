import assert from "node:assert/strict";
import { nullLog, RecentLog } from "../../../../src/base/log.ts";
import { getCompletion } from "../../../../src/completion/request/getCompletion.ts";
import {
	noContext,
	type PromptContext,
} from "../../../../src/completion/request/promptContext.ts";
import { CompletionSession } from "../../../../src/completion/session/completionSession.ts";
import type { Place } from "../../../../src/completion/session/suggestion.ts";
import { createError } from "../../../../src/protocol/errors.ts";
import { at } from "../../../support/cursor.ts";
import { FakeEngine, someStats } from "../../../support/fakes/fakeEngine.ts";
import { settle } from "../../../support/settle.ts";

const never = () => new AbortController().signal;

const bare = { signal: never(), contextProvider: noContext };

/** Chunks that come when the test says so. */
function gate(text: string) {
	let open = () => {};
	const opened = new Promise<void>((resolve) => {
		open = resolve;
	});
	return {
		open,
		async *chunks(): AsyncGenerator<string> {
			await opened;
			yield text;
		},
	};
}

describe("getCompletion", () => {
	async function complete(document: string, answer: string) {
		const engine = new FakeEngine(() => [...answer]);
		const result = await getCompletion(at(document), engine, bare);
		return { engine, result };
	}

	it("asks with the text on both sides of the cursor", async () => {
		const { engine } = await complete("a(█)\nb", "x");
		const { path, prefixBlocks, line, suffix } = engine.requests[0] ?? {};
		assert.deepEqual(
			{ path, prefixBlocks, line, suffix },
			{
				path: "src/a.ts",
				prefixBlocks: [],
				line: "a(",
				suffix: ")\nb",
			},
		);
	});

	it("stops the model when a rule has enough, and still has its figures", async () => {
		const { engine, result } = await complete(
			"const a = █",
			"1;\nconst b = 2;",
		);
		assert.equal(result.kind === "suggestion" && result.text, "1;");
		assert.equal(result.kind === "suggestion" && result.end, "filter");
		assert.equal(engine.produced, 3);
		assert.ok(result.stats);
	});

	it("says how the model ended where no rule did", async () => {
		const { result } = await complete("const a = █", "1;");
		assert.equal(result.kind === "suggestion" && result.end, "endOfText");
	});

	it("puts the bracket that the editor closed below a body of several lines", async () => {
		const { result } = await complete(
			"\tif (a) {█}\n",
			"\n\t\tb();\n\t}\n\tc();",
		);
		assert.equal(result.kind === "suggestion" && result.text, "\n\t\tb();\n\t");
	});

	it("leaves a body on one line there", async () => {
		const { result } = await complete("const a = {█};", " b };");
		assert.equal(result.kind === "suggestion" && result.text, " b ");
	});

	it("repeats nothing of what stands right of the cursor", async () => {
		const { result } = await complete("f(a, █);", "b);");
		assert.equal(result.kind === "suggestion" && result.text, "b");
	});

	for (const [what, end, expected] of [
		[
			"a failure",
			{ kind: "failed", error: createError("engineStopped", {}) },
			"failed",
		],
		[
			"an abort before the engine came to it",
			{ kind: "cancelled" },
			"cancelled",
		],
	] as const)
		it(`passes the reason on of ${what}`, async () => {
			const engine = new FakeEngine(() => ["half a te"], end);
			const result = await getCompletion(at("█"), engine, bare);
			assert.equal(result.kind === "none" && result.reason.kind, expected);
		});
});

describe("CompletionSession", () => {
	function setUp(answer: ConstructorParameters<typeof FakeEngine>[0]) {
		const engine = new FakeEngine(answer);
		const late: (Place & { isMore: boolean })[] = [];
		const session = new CompletionSession({
			engine,
			contextProvider: noContext,
			log: nullLog,
			onLateSuggestion: (place, isMore) => late.push({ ...place, isMore }),
			sleep: () => Promise.resolve(),
			now: () => 0,
		});
		const suggest = (text: string, options = {}, signal = never()) =>
			session.suggest(at(text, options), { signal, isExplicit: false });
		const moveTo = (text: string, options = {}) => {
			const snapshot = at(text, options);
			session.movedTo(snapshot, () => snapshot);
		};
		return { engine, session, suggest, moveTo, late };
	}

	it("answers the same place again without a request", async () => {
		const { engine, suggest } = setUp(() => ["bar();"]);
		const first = await suggest("foo.█");
		const second = await suggest("foo.█", { version: 2 });
		assert.ok(first.kind === "suggestion" && second.kind === "suggestion");
		assert.deepEqual(
			[first.text, first.requestId, first.source, first.work?.requestId],
			["bar();", "c1", "engine", "c1"],
		);
		assert.deepEqual(
			[second.text, second.requestId, second.source, second.work],
			["bar();", "c1", "cache", undefined],
		);
		assert.equal(engine.requests.length, 1);
	});

	it("answers typing along and deleting back without a request", async () => {
		const { engine, suggest } = setUp(() => ["bar();"]);
		await suggest("foo.█");
		for (const [text, expected] of [
			["foo.b█", "ar();"],
			["foo.bar(█", ");"],
			["foo.ba█", "r();"],
			["foo.█", "bar();"],
		] as const) {
			const it = await suggest(text);
			assert.equal(it.kind === "suggestion" && it.text, expected, text);
		}
		assert.equal(engine.requests.length, 1);
	});

	for (const [what, text, options] of [
		["other text typed", "foo.c█", {}],
		["other text before", "fox.█", {}],
		["other text behind", "foo.█ // x", {}],
		["another document", "foo.█", { uri: "file:///b.ts" }],
	] as const)
		it(`asks again for ${what}`, async () => {
			const { engine, suggest } = setUp(() => ["bar();"]);
			await suggest("foo.█");
			await suggest(text, options);
			assert.equal(engine.requests.length, 2);
		});

	it("answers typing along in documents with carriage returns", async () => {
		const { engine, suggest } = setUp(() => ["\n\tb();\n}"]);
		await suggest("if (a) {█\r\n");
		await settle();
		const it = await suggest("if (a) {\r\n\tb█\r\n");
		assert.equal(it.kind === "suggestion" && it.text, "();\n}");
		assert.equal(engine.requests.length, 1);
	});

	it("does not offer what is left when that is blank", async () => {
		const { engine, suggest } = setUp(() => ["\n\tb();\n}"]);
		await suggest("if (a) {█}");
		await suggest("if (a) {\n\tb();█}");
		assert.equal(engine.requests.length, 2);
	});

	it("forgets when told to", async () => {
		const { engine, session, suggest } = setUp(() => ["bar();"]);
		await suggest("foo.█");
		session.clear();
		await suggest("foo.█");
		assert.equal(engine.requests.length, 2);
	});

	it("joins a request for the same place", async () => {
		const it = gate("bar();");
		const { engine, suggest } = setUp(() => it.chunks());
		const both = Promise.all([suggest("foo.█"), suggest("foo.█")]);
		it.open();
		for (const answer of await both)
			assert.equal(answer.kind === "suggestion" && answer.text, "bar();");
		assert.equal(engine.requests.length, 1);
	});

	it("finishes what the editor no longer waits for, and offers it again", async () => {
		const it = gate("bar();");
		const { engine, suggest, late } = setUp(() => it.chunks());
		const controller = new AbortController();
		const waiting = suggest("foo.█", {}, controller.signal);
		await settle();
		controller.abort();
		const early = await waiting;
		assert.equal(early.kind === "none" && early.reason.kind, "cancelled");
		assert.equal(engine.signals[0]?.aborted, false, "the work goes on");
		it.open();
		await settle();
		await settle();
		assert.deepEqual(late, [
			{ uri: "file:///a.ts", version: 1, offset: 4, isMore: false },
		]);
		const again = await suggest("foo.█");
		assert.equal(again.kind === "suggestion" && again.source, "cache");
	});

	it("stops the work when the cursor or the document moves", async () => {
		const it = gate("bar();");
		const { engine, suggest, moveTo, late } = setUp(() => it.chunks());
		const controller = new AbortController();
		void suggest("foo.█", {}, controller.signal);
		await settle();
		controller.abort();
		moveTo("foo.█", { version: 1 });
		assert.equal(engine.signals[0]?.aborted, false);
		moveTo("fo.█", { version: 2 });
		assert.equal(engine.signals[0]?.aborted, true);
		it.open();
		await settle();
		assert.deepEqual(late, []);
	});

	/** Text that comes in pieces, each when the test says so. */
	function pieces(...texts: readonly string[]) {
		const gates = texts.map((text) => gate(text));
		return {
			next: async () => {
				gates.shift()?.open();
				await settle();
				await settle();
			},
			chunks: async function* () {
				for (const it of [...gates]) yield* it.chunks();
			},
		};
	}

	it("keeps a request while what is typed agrees with its answer, with no other request", async () => {
		const it = pieces("ba", "r();");
		const { engine, suggest, moveTo } = setUp(() => it.chunks());
		void suggest("foo.█");
		await it.next();
		moveTo("foo.b█", { version: 2 });
		const along = suggest("foo.b█", { version: 2 });
		moveTo("foo.bar█", { version: 3 });
		await it.next();
		const answer = await along;
		assert.equal(answer.kind === "suggestion" && answer.text, "ar();");
		assert.equal(engine.requests.length, 1);
		assert.equal(engine.signals[0]?.aborted, false);
	});

	it("stops a request at once when what is typed disagrees with what there is of it", async () => {
		const it = pieces("ba", "r();");
		const { engine, suggest, moveTo } = setUp(() => it.chunks());
		void suggest("foo.█");
		await it.next();
		moveTo("foo.x█", { version: 2 });
		assert.equal(engine.signals[0]?.aborted, true);
	});

	it("stops a request when its answer turns away from what was typed, and asks anew", async () => {
		const it = pieces("ba", "r();");
		const { engine, suggest, moveTo } = setUp(({ line }) =>
			line === "foo." ? it.chunks() : ["z();"],
		);
		void suggest("foo.█");
		moveTo("foo.baz█", { version: 2 });
		const along = suggest("foo.baz█", { version: 2 });
		await it.next();
		assert.equal(engine.signals[0]?.aborted, false, "nothing is known yet");
		await it.next();
		assert.equal(engine.signals[0]?.aborted, true);
		const answer = await along;
		assert.equal(answer.kind === "suggestion" && answer.text, "z();");
		assert.equal(engine.requests.length, 2);
	});

	it("offers an answer again where the cursor is after typing along", async () => {
		const it = gate("bar();");
		const { suggest, moveTo, late } = setUp(() => it.chunks());
		const controller = new AbortController();
		void suggest("foo.█", {}, controller.signal);
		await settle();
		controller.abort();
		await settle();
		moveTo("foo.b█", { version: 2 });
		it.open();
		await settle();
		await settle();
		assert.deepEqual(late, [
			{ uri: "file:///a.ts", version: 2, offset: 5, isMore: false },
		]);
	});

	it("does not hand a stopped answer to who comes back", async () => {
		const it = gate("bar();");
		const { engine, session, suggest } = setUp(() => it.chunks());
		void suggest("foo.█");
		session.movedTo(undefined, () => undefined);
		const again = suggest("foo.█");
		it.open();
		const answer = await again;
		assert.equal(answer.kind === "suggestion" && answer.text, "bar();");
		assert.equal(engine.requests.length, 2);
	});

	it("passes on what a request throws, and recovers from it", async () => {
		let calls = 0;
		const { engine, suggest } = setUp(() => {
			if (calls++ === 0) throw new Error("broken");
			return ["bar();"];
		});
		await assert.rejects(suggest("foo.█"), /broken/);
		const again = await suggest("foo.█");
		assert.equal(again.kind === "suggestion" && again.text, "bar();");
		assert.equal(engine.requests.length, 2);
	});

	it("stops one request for the next", async () => {
		const it = gate("bar();");
		const { engine, suggest } = setUp(() => it.chunks());
		void suggest("foo.█");
		void suggest("fox.█", { version: 2 });
		await settle();
		assert.deepEqual(
			engine.signals.map((signal) => signal.aborted),
			[true, false],
		);
		it.open();
	});

	describe("ahead of time", () => {
		it("has what follows a suggestion ready when it is accepted", async () => {
			const { engine, suggest } = setUp(({ line }) =>
				line === "foo." ? ["bar();"] : ["// next"],
			);
			await suggest("foo.█");
			await settle();
			const next = await suggest("foo.bar();█", { version: 2 });
			assert.ok(next.kind === "suggestion");
			assert.deepEqual([next.text, next.source], ["// next", "cache"]);
			assert.equal(engine.requests.length, 1);
			assert.equal(engine.idleRequests[0]?.line, "foo.bar();");
		});

		it("waits for it where it is on its way", async () => {
			const it = gate("// next");
			const { engine, suggest, moveTo } = setUp(({ line }) =>
				line === "foo." ? ["bar();"] : it.chunks(),
			);
			await suggest("foo.█");
			moveTo("foo.bar();█", { version: 2 });
			const next = suggest("foo.bar();█", { version: 2 });
			it.open();
			const suggestion = await next;
			assert.equal(
				suggestion.kind === "suggestion" && suggestion.text,
				"// next",
			);
			assert.equal(engine.requests.length, 1);
			assert.equal(engine.idleSignals[0]?.aborted, false);
		});

		it("keeps it while the suggestion is typed, and not otherwise", async () => {
			const it = gate("// next");
			const { engine, suggest, moveTo } = setUp(({ line }) =>
				line === "foo." ? ["bar();"] : it.chunks(),
			);
			await suggest("foo.█");
			moveTo("foo.ba█", { version: 2 });
			await suggest("foo.ba█", { version: 2 });
			assert.deepEqual(
				engine.idleSignals.map((signal) => signal.aborted),
				[false],
			);
			moveTo("foo.bax█", { version: 3 });
			assert.deepEqual(
				engine.idleSignals.map((signal) => signal.aborted),
				[true],
			);
			it.open();
		});

		it("keeps no slow engine busy", async () => {
			let nowMs = 0;
			const engine = new FakeEngine(() => {
				nowMs += 800;
				return ["bar();"];
			});
			const session = new CompletionSession({
				engine,
				contextProvider: noContext,
				log: nullLog,
				onLateSuggestion: () => {},
				sleep: () => Promise.resolve(),
				now: () => nowMs,
			});
			await session.suggest(at("foo.█"), {
				signal: never(),
				isExplicit: false,
			});
			assert.equal(engine.idleRequests.length, 0);
		});

		it("asks for nothing twice", async () => {
			const { engine, suggest } = setUp(() => ["bar();"]);
			await suggest("foo.█");
			await settle();
			await suggest("foo.b█", { version: 2 });
			await suggest("foo.█", { version: 3 });
			assert.equal(engine.idleRequests.length, 1);
		});
	});

	describe("with several lines", () => {
		const first = "\n\ta();";

		function block() {
			// The line is known to be whole when the next one has begun.
			const it = pieces(`${first}\n\tb`, "();\n", "}");
			return { it, ...setUp(() => it.chunks()) };
		}

		it("gives the first line as soon as it is whole, and then the rest", async () => {
			const { it, suggest, late, engine } = block();
			const asked = suggest("if (x) {█");
			await it.next();
			const line = await asked;
			assert.equal(line.kind === "suggestion" && line.text, first);
			assert.deepEqual(late, []);
			await it.next();
			await it.next();
			await settle();
			assert.deepEqual(late, [
				{ uri: "file:///a.ts", version: 1, offset: 8, isMore: true },
			]);
			const all = await suggest("if (x) {█");
			assert.equal(
				all.kind === "suggestion" && all.text,
				"\n\ta();\n\tb();\n}",
			);
			assert.equal(engine.requests.length, 1);
		});

		it("gives who asks by hand all of it at once", async () => {
			const { it, session, late } = block();
			const asked = session.suggest(at("if (x) {█"), {
				signal: never(),
				isExplicit: true,
			});
			for (let chunk = 0; chunk < 3; chunk++) await it.next();
			const all = await asked;
			assert.equal(
				all.kind === "suggestion" && all.text,
				"\n\ta();\n\tb();\n}",
			);
			assert.deepEqual(late, []);
		});

		it("gives what is left of the first line while it is typed", async () => {
			const { it, suggest, moveTo, engine } = block();
			const asked = suggest("if (x) {█");
			await it.next();
			await asked;
			moveTo("if (x) {\n\ta█", { version: 2 });
			const rest = await suggest("if (x) {\n\ta█", { version: 2 });
			assert.equal(rest.kind === "suggestion" && rest.text, "();");
			assert.equal(engine.signals[0]?.aborted, false);
		});

		it("waits for the rest where the first line is accepted before it is there", async () => {
			const { it, suggest, moveTo, engine } = block();
			const asked = suggest("if (x) {█");
			await it.next();
			await asked;
			moveTo(`if (x) {${first}█`, { version: 2 });
			const following = suggest(`if (x) {${first}█`, { version: 2 });
			await it.next();
			await it.next();
			const rest = await following;
			assert.equal(rest.kind === "suggestion" && rest.text, "\n\tb();\n}");
			assert.equal(engine.requests.length, 1);
		});
	});

	describe("where nothing is suggested unasked", () => {
		it("suggests nothing inside a word, but for who asks by hand", async () => {
			const { engine, session, suggest } = setUp(() => ["bar();"]);
			const unasked = await suggest("fo█o");
			assert.equal(unasked.kind === "none" && unasked.reason.kind, "midWord");
			assert.equal(engine.requests.length, 0);
			const asked = await session.suggest(at("fo█o"), {
				signal: never(),
				isExplicit: true,
			});
			assert.equal(asked.kind, "suggestion");
		});

		it("gives other texts by hand, each once", async () => {
			const texts = ["a();", "b();", "a();", "c();"];
			const { engine, session } = setUp(({ rank }) => [texts[rank] ?? ""]);
			assert.deepEqual(
				await session.alternatives(at("█"), "a();", 3, never()),
				["b();", "c();"],
			);
			assert.deepEqual(
				engine.requests.map(({ rank }) => rank),
				[1, 2, 3],
			);
		});
	});

	describe("the pause before a request", () => {
		/** Someone who has typed evenly for a while, on an engine that is slow. */
		async function typist() {
			let nowMs = 0;
			const pausesMs: number[] = [];
			const engine = new FakeEngine(() => {
				nowMs += 400;
				return ["x"];
			});
			const session = new CompletionSession({
				engine,
				contextProvider: noContext,
				log: nullLog,
				onLateSuggestion: () => {},
				sleep: (ms) => {
					pausesMs.push(ms);
					return Promise.resolve();
				},
				now: () => nowMs,
			});
			const suggest = (text: string, isExplicit = false) =>
				session.suggest(at(text), { signal: never(), isExplicit });
			for (let version = 0; version < 20; version++) {
				nowMs += 200;
				session.movedTo(
					{ uri: "file:///a.ts", version, offset: 0 },
					() => undefined,
				);
			}
			await suggest("first = █");
			return { session, suggest, pausesMs };
		}

		it("is that of the typist's rhythm", async () => {
			const { suggest, pausesMs } = await typist();
			await suggest("second = █");
			assert.deepEqual(pausesMs, [150]);
		});

		it("is left out at the start of a line, behind what was accepted, and by hand", async () => {
			const { session, suggest, pausesMs } = await typist();
			await suggest("a();\n\t█");
			session.acceptedAt({ uri: "file:///a.ts", version: 1, offset: 5 });
			await suggest("b();;█");
			await suggest("c();;;;;;█", true);
			assert.deepEqual(pausesMs, []);
		});
	});

	it("prepares the next prompt where nobody waits, and takes to it when it is there", async () => {
		const accepted: PromptContext[] = [];
		const better = {
			snippets: [{ path: "b.ts", text: "export const b = 1;" }],
			suffix: "real",
		};
		const engine = new FakeEngine(() => ["x"]);
		const session = new CompletionSession({
			engine,
			contextProvider: {
				...noContext,
				suffixFor: () => "earlier",
				propose: () => better,
				accept: (_, it) => accepted.push(it),
			},
			log: nullLog,
			onLateSuggestion: () => {},
			sleep: () => Promise.resolve(),
			now: () => 0,
		});
		await session.prepare(at("a█"));
		const { snippets, suffix, maxTokens } = engine.idleRequests[0] ?? {};
		assert.deepEqual({ snippets, suffix }, better);
		assert.equal(maxTokens, 0);
		assert.deepEqual(accepted, [better]);
		const interrupted = session.prepare(at("a█"));
		session.movedTo(undefined, () => undefined);
		await interrupted;
		assert.equal(accepted.length, 1, "what was not evaluated is not taken to");
		await session.suggest(at("a = █"), { signal: never(), isExplicit: false });
		assert.equal(engine.requests[0]?.suffix, "earlier");
	});

	for (const [what, stats, told] of [
		[
			"drafts",
			{ decodeSteps: 2, draftedTokens: 4, acceptedTokens: 1 },
			/3 tokens decoded in 1 ms and 2 steps \(1 of 4 drafted accepted\), total 2 ms$/,
		],
		["none", {}, /3 tokens decoded in 1 ms, total 2 ms$/],
	] as const)
		it(`logs what came of drafts where there were any: ${what}`, async () => {
			const recent = new RecentLog(nullLog);
			const session = new CompletionSession({
				engine: new FakeEngine(() => ["b;"], {
					kind: "done",
					stopReason: "endOfText",
					stats: { ...someStats, ...stats },
				}),
				contextProvider: noContext,
				log: recent.log,
				onLateSuggestion: () => {},
				sleep: () => Promise.resolve(),
				now: () => 0,
			});
			await session.suggest(at("a = █"), {
				signal: never(),
				isExplicit: false,
			});
			assert.match(recent.lines()[0] ?? "", told);
		});

	it("keeps the text of the user out of the log, but for traces", async () => {
		const recent = new RecentLog(nullLog);
		const session = new CompletionSession({
			engine: new FakeEngine(() => ["secret();"]),
			contextProvider: noContext,
			log: recent.log,
			onLateSuggestion: () => {},
			sleep: () => Promise.resolve(),
			now: () => 0,
		});
		const { work } = await session.suggest(at("const password = █"), {
			signal: never(),
			isExplicit: false,
		});
		assert.ok(work);
		assert.doesNotMatch(JSON.stringify(work), /secret|password/);
		assert.ok(recent.lines().length > 0);
		assert.doesNotMatch(recent.lines().join("\n"), /secret|password/);
	});
});
