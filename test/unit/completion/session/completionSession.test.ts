import assert from "node:assert/strict";
import { nullLog, RecentLog } from "../../../../src/base/log.ts";
import { gateAt } from "../../../../src/completion/confidence/gate.ts";
import {
	getCompletion,
	streamCompletion,
} from "../../../../src/completion/request/getCompletion.ts";
import {
	noContext,
	type PromptContext,
} from "../../../../src/completion/request/promptContext.ts";
import { CompletionSession } from "../../../../src/completion/session/completionSession.ts";
import { firstWordsMs } from "../../../../src/completion/session/requests.ts";
import type { Place } from "../../../../src/completion/session/suggestion.ts";
import { EditFrame } from "../../../../src/completion/text/editFrame.ts";
import { createError } from "../../../../src/protocol/errors.ts";
import { at } from "../../../support/cursor.ts";
import { FakeEngine, someStats } from "../../../support/fakes/fakeEngine.ts";
import { settle } from "../../../support/settle.ts";

const never = () => new AbortController().signal;

/** Sleeps no time at all, but for the time after which first words are given: here lines are whole before. */
const patient = (ms: number) =>
	ms === firstWordsMs ? new Promise<void>(() => {}) : Promise.resolve();

const bare = { signal: never(), contextProvider: noContext };

/** A text that is held back until the test opens the gate. */
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

	it("requests with the prefix and the suffix", async () => {
		const { engine } = await complete("a(█)\nb", "x");
		const {
			path,
			prefixBlocks,
			typed: line,
			suffix,
		} = engine.requests[0] ?? {};
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

	it("stops the model when a filter ends the text, and still has the statistics", async () => {
		const { engine, result } = await complete(
			"const a = █",
			"1;\nconst b = 2;",
		);
		assert.equal(result.kind === "suggestion" && result.text, "1;");
		assert.equal(result.kind === "suggestion" && result.end, "rule");
		assert.equal(engine.produced, 3);
		assert.ok(result.stats);
	});

	it("reports the stop reason of the model if no filter ended the text", async () => {
		const { result } = await complete("const a = █", "1;");
		assert.equal(result.kind === "suggestion" && result.end, "endOfText");
	});

	it("cancels the request of a reader that stops early", async () => {
		const engine = new FakeEngine(() => ["1", " + ", "2", ";"]);
		const events = streamCompletion(at("const a = █"), engine, bare);
		for await (const event of events) {
			assert.deepEqual(event, {
				kind: "text",
				text: "1",
				pieces: [{ text: "1", probability: 1 }],
			});
			break;
		}
		assert.equal(engine.signals[0]?.aborted, true);
		assert.ok(engine.produced < 4);
	});

	it("puts the bracket that the editor closed below a body of several lines", async () => {
		const { result } = await complete(
			"\tif (a) {█}\n",
			"\n\t\tb();\n\t}\n\tc();",
		);
		assert.equal(result.kind === "suggestion" && result.text, "\n\t\tb();\n\t");
	});

	it("leaves a body on one line", async () => {
		const { result } = await complete("const a = {█};", " b };");
		assert.equal(result.kind === "suggestion" && result.text, " b ");
	});

	it("does not repeat the text after the cursor", async () => {
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
			"an abort before the engine started it",
			{ kind: "cancelled" },
			"cancelled",
		],
	] as const)
		it(`passes on the reason of ${what}`, async () => {
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
			sleep: patient,
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

	/** A text in pieces, each held back until the test asks for the next. */
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

	it("answers type-through and deletion without a request", async () => {
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
		["other text after", "foo.█ // x", {}],
		["another document", "foo.█", { uri: "file:///b.ts" }],
	] as const)
		it(`sends a new request for ${what}`, async () => {
			const { engine, suggest } = setUp(() => ["bar();"]);
			await suggest("foo.█");
			await suggest(text, options);
			assert.equal(engine.requests.length, 2);
		});

	it("answers type-through in documents with carriage returns", async () => {
		const { engine, suggest } = setUp(() => ["\n\tb();\n}"]);
		await suggest("if (a) {█\r\n");
		await settle();
		const it = await suggest("if (a) {\r\n\tb█\r\n");
		assert.equal(it.kind === "suggestion" && it.text, "();\n}");
		assert.equal(engine.requests.length, 1);
	});

	it("does not suggest a blank rest", async () => {
		const { engine, suggest } = setUp(() => ["\n\tb();\n}"]);
		await suggest("if (a) {█}");
		await suggest("if (a) {\n\tb();█}");
		assert.equal(engine.requests.length, 2);
	});

	it("forgets its answers when it is cleared", async () => {
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

	it("finishes a request that the editor has stopped waiting for, and reports the late answer", async () => {
		const it = gate("bar();");
		const { engine, suggest, late } = setUp(() => it.chunks());
		const controller = new AbortController();
		const waiting = suggest("foo.█", {}, controller.signal);
		await settle();
		controller.abort();
		const early = await waiting;
		assert.equal(early.kind === "none" && early.reason.kind, "cancelled");
		assert.equal(engine.signals[0]?.aborted, false, "the request goes on");
		it.open();
		await settle();
		await settle();
		assert.deepEqual(late, [
			{ uri: "file:///a.ts", version: 1, offset: 4, isMore: false },
		]);
		const again = await suggest("foo.█");
		assert.equal(again.kind === "suggestion" && again.source, "cache");
	});

	it("aborts a request when the cursor moves elsewhere", async () => {
		const it = gate("bar();");
		const { engine, suggest, moveTo, late } = setUp(() => it.chunks());
		const controller = new AbortController();
		void suggest("foo.█", {}, controller.signal);
		await settle();
		controller.abort();
		moveTo("foo.█", { version: 1 });
		assert.equal(engine.signals[0]?.aborted, false);
		moveTo("fo█o.", { version: 1 });
		assert.equal(engine.signals[0]?.aborted, true);
		it.open();
		await settle();
		assert.deepEqual(late, []);
	});

	it("keeps a request while its answer is typed through, without another request", async () => {
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

	it("aborts a request at once when the typed text differs from the answer so far", async () => {
		const it = pieces("ba", "r();");
		const { engine, suggest, moveTo } = setUp(() => it.chunks());
		void suggest("foo.█");
		await it.next();
		moveTo("foo.x█", { version: 2 });
		assert.equal(engine.signals[0]?.aborted, true);
	});

	it("aborts a request when its answer turns out to differ from the typed text, and sends a new one", async () => {
		const it = pieces("ba", "r();");
		const { engine, suggest, moveTo } = setUp(({ typed: line }) =>
			line === "foo." ? it.chunks() : ["z();"],
		);
		void suggest("foo.█");
		moveTo("foo.baz█", { version: 2 });
		const along = suggest("foo.baz█", { version: 2 });
		await it.next();
		assert.equal(engine.signals[0]?.aborted, false, "the answer is still open");
		await it.next();
		assert.equal(engine.signals[0]?.aborted, true);
		const answer = await along;
		assert.equal(answer.kind === "suggestion" && answer.text, "z();");
		assert.equal(engine.requests.length, 2);
	});

	it("reports a late answer where the cursor is after type-through", async () => {
		const it = gate("bar();");
		const { suggest, moveTo, late } = setUp(() => it.chunks());
		const controller = new AbortController();
		void suggest("foo.█", {}, controller.signal);
		await settle();
		controller.abort();
		await settle();
		moveTo("foo.b█", { version: 2 });
		const again = new AbortController();
		void suggest("foo.b█", { version: 2 }, again.signal);
		await settle();
		again.abort();
		await settle();
		it.open();
		await settle();
		await settle();
		assert.deepEqual(late, [
			{ uri: "file:///a.ts", version: 2, offset: 5, isMore: false },
		]);
	});

	it("does not reuse an aborted request when the cursor comes back", async () => {
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

	describe("computing at each key", () => {
		it("starts with the key where suggestions are asked for, and answers when the editor asks", async () => {
			const it = gate("bar();");
			const { engine, suggest, moveTo, late } = setUp(({ typed }) =>
				typed === "foo." ? it.chunks() : ["x"],
			);
			moveTo("fo█");
			moveTo("foo█", { version: 2 });
			assert.equal(engine.requests.length, 0, "nobody has asked yet");
			await suggest("foo█", { version: 2 });
			moveTo("foo.█", { version: 3 });
			assert.equal(engine.requests[1]?.typed, "foo.");
			const answer = suggest("foo.█", { version: 3 });
			it.open();
			const suggestion = await answer;
			assert.ok(suggestion.kind === "suggestion");
			assert.equal(suggestion.text, "bar();");
			assert.equal(engine.requests.length, 2);
			assert.deepEqual(late, []);
		});

		it("does not start after an explicit request alone", async () => {
			const { engine, session, moveTo } = setUp(() => ["bar();"]);
			moveTo("foo█");
			const options = { signal: never(), isExplicit: true };
			await session.suggest(at("foo█"), options);
			moveTo("x█", { version: 2 });
			assert.equal(engine.requests.length, 1);
		});

		it("offers nothing before the editor has asked", async () => {
			const { engine, suggest, moveTo, late } = setUp(() => ["bar();"]);
			moveTo("foo█");
			await suggest("foo█");
			moveTo("x█", { version: 2 });
			await settle();
			assert.equal(engine.requests.length, 2);
			assert.deepEqual(late, []);
			const answer = await suggest("x█", { version: 2 });
			assert.equal(answer.kind === "suggestion" && answer.source, "cache");
		});

		it("stops where the editor asks no more", async () => {
			const { engine, suggest, moveTo } = setUp(() => ["bar();"]);
			moveTo("█", { version: 0 });
			await suggest("█", { version: 0 });
			for (let version = 1; version <= 50; version++)
				moveTo(`${"x ".repeat(version)}█`, { version });
			assert.ok(engine.requests.length < 20, `${engine.requests.length}`);
		});

		it("steers a request that has no text yet, and one that is contradicted", async () => {
			const first = pieces("b", "ar();");
			const { engine, suggest, moveTo } = setUp(({ typed }) =>
				typed === "f" ? first.chunks() : gate("").chunks(),
			);
			moveTo("█", { version: 0 });
			void suggest("█", { version: 0 });
			moveTo("f█", { version: 1 });
			assert.deepEqual(engine.replaced, [undefined, "c1"]);
			void suggest("f█", { version: 1 });
			await first.next();
			moveTo("fb█", { version: 2 });
			assert.equal(
				engine.requests.length,
				2,
				"a key that agrees costs nothing",
			);
			moveTo("fbx█", { version: 3 });
			assert.equal(engine.requests.length, 2, "it may still agree");
			await first.next();
			assert.deepEqual(engine.replaced, [undefined, "c1", "c2"]);
		});

		it("suggests what was known of an answer that was given up, until more is", async () => {
			const first = pieces("bar(value, ot", "her);");
			const second = gate("bar(value, other);");
			let requests = 0;
			const { suggest, moveTo, late } = setUp(() =>
				++requests === 1 ? first.chunks() : second.chunks(),
			);
			moveTo("foo.█", { version: 0 });
			const asking = new AbortController();
			void suggest("foo.█", { version: 0 }, asking.signal);
			await first.next();
			asking.abort();
			moveTo("foo.x█", { version: 1 });
			moveTo("foo.█", { version: 2 });
			const part = await suggest("foo.█", { version: 2 });
			assert.ok(part.kind === "suggestion");
			assert.deepEqual([part.text, part.isWhole], ["bar(value,", false]);
			second.open();
			await settle();
			await settle();
			assert.deepEqual(late.at(-1)?.isMore, true);
			const whole = await suggest("foo.█", { version: 2 });
			assert.ok(whole.kind === "suggestion");
			assert.equal(whole.text, "bar(value, other);");
		});

		it("offers another answer where what was given was not shown", async () => {
			const second = gate("Each(it);");
			const { session, suggest, moveTo, late } = setUp(({ typed }) =>
				typed === "foo" ? ["Item();"] : second.chunks(),
			);
			moveTo("foo█", { version: 1 });
			await suggest("foo█", { version: 1 });
			await settle();
			moveTo("fo█", { version: 2 });
			const restored = await suggest("fo█", { version: 2 });
			assert.equal(restored.kind === "suggestion" && restored.text, "oItem();");
			session.withheld();
			second.open();
			await settle();
			await settle();
			assert.equal(late.at(-1)?.isMore, false);
			const other = await suggest("fo█", { version: 2 });
			assert.equal(other.kind === "suggestion" && other.text, "Each(it);");
		});

		it("asks the engine once where nothing comes of it", async () => {
			const { engine, suggest } = setUp(() => [" "]);
			for (let asked = 0; asked < 2; asked++) {
				const answer = await suggest("foo();█");
				assert.equal(answer.kind, "none");
			}
			assert.equal(engine.requests.length, 1);
		});
	});

	describe("on a machine that saves power", () => {
		it("requests when typing pauses, and nothing in advance", async () => {
			let nowMs = 0;
			const pausesMs: number[] = [];
			const engine = new FakeEngine(() => ["bar();"]);
			const session = new CompletionSession({
				engine,
				contextProvider: noContext,
				log: nullLog,
				onLateSuggestion: () => {},
				policy: () => ({ showsAtOnce: true, computesAtEveryKey: false }),
				sleep: (ms) => {
					pausesMs.push(ms);
					return patient(ms);
				},
				now: () => nowMs,
			});
			for (let version = 1; version <= 20; version++) {
				nowMs += 200;
				const snapshot = at(`${"x ".repeat(version)}█`, { version });
				session.movedTo(snapshot, () => snapshot);
			}
			assert.equal(engine.requests.length, 0);
			await session.suggest(at("x.█", { version: 21 }), {
				signal: never(),
				isExplicit: false,
			});
			assert.equal(pausesMs[0], 200);
			assert.deepEqual(
				[engine.requests.length, engine.idleRequests.length],
				[1, 0],
			);
		});
	});

	describe("with a gate", () => {
		function gated() {
			const chunks = [
				{ text: "first", probability: 0.9 },
				{ text: "Item(", probability: 0.3 },
				{ text: "a);", probability: 0.9 },
			];
			let threshold = 0.5;
			const engine = new FakeEngine(() => chunks);
			const late: Place[] = [];
			const session = new CompletionSession({
				engine,
				contextProvider: noContext,
				log: nullLog,
				onLateSuggestion: (place) => late.push(place),
				gate: gateAt(() => threshold),
				sleep: patient,
				now: () => 0,
			});
			const suggest = async (text: string, isExplicit = false) => {
				const signal = never();
				const it = await session.suggest(at(text), { signal, isExplicit });
				return it.kind === "suggestion" ? it.text : it.reason.kind;
			};
			const setThreshold = (it: number): void => {
				threshold = it;
			};
			return { engine, chunks, late, suggest, setThreshold };
		}

		it("holds back what is not sure, until what is typed makes it so, without another request", async () => {
			const { engine, late, suggest } = gated();
			assert.equal(await suggest("get.█"), "unsure");
			assert.equal(await suggest("get.fi█"), "unsure");
			assert.equal(await suggest("get.firstIte█"), "m(a);");
			assert.equal(engine.requests.length, 1);
			assert.deepEqual(late, []);
		});

		it("stops the model where nothing more would be shown, and asks for more once that is typed", async () => {
			const { engine, chunks, suggest } = gated();
			chunks[1] = { text: ".item(", probability: 0.04 };
			assert.equal(await suggest("get.█"), "first");
			assert.equal(engine.requests[0]?.minProbability, 0.05);
			assert.equal(engine.produced, 2);
			assert.equal(await suggest("get.f█"), "irst");
			assert.equal(engine.requests.length, 1);
			// What the model was unsure of is typed: there may be more to show.
			await suggest("get.first.item(█");
			assert.equal(engine.requests.length, 2);
		});

		it("lets the model go on to the end on an explicit request", async () => {
			const { engine, chunks, suggest } = gated();
			chunks[1] = { text: ".item(", probability: 0.01 };
			assert.equal(await suggest("get.█"), "first");
			assert.equal(await suggest("get.█", true), "first.item(a);");
			assert.deepEqual(
				engine.requests.map((request) => request.minProbability),
				[0.05, 0],
			);
		});

		it("never takes back what is on screen", async () => {
			const { suggest, setThreshold } = gated();
			setThreshold(0.1);
			assert.equal(await suggest("get.█"), "firstItem(a);");
			setThreshold(0.9);
			assert.equal(await suggest("get.f█"), "irstItem(a);");
		});

		it("shows all on an explicit request, and goes on with it", async () => {
			const { suggest } = gated();
			assert.equal(await suggest("get.█", true), "firstItem(a);");
			assert.equal(await suggest("get.f█"), "irstItem(a);");
		});
	});

	describe("when to show", () => {
		/** A session after a while of even typing. */
		async function afterTyping(probability: number) {
			let nowMs = 0;
			const pausesMs: number[] = [];
			const engine = new FakeEngine(() => [{ text: "bar();", probability }]);
			const session = new CompletionSession({
				engine,
				contextProvider: noContext,
				log: nullLog,
				onLateSuggestion: () => {},
				policy: () => ({ showsAtOnce: false, computesAtEveryKey: true }),
				sleep: (ms) => {
					pausesMs.push(ms);
					return patient(ms);
				},
				now: () => nowMs,
			});
			for (let version = 1; version <= 20; version++) {
				nowMs += 200;
				const place = { uri: "file:///a.ts", version, offset: 0 };
				session.movedTo(place, () => undefined);
			}
			nowMs += 60;
			const waitedFor = async (text: string, isExplicit = false) => {
				pausesMs.length = 0;
				const signal = never();
				const it = await session.suggest(at(text), { signal, isExplicit });
				assert.equal(it.kind, "suggestion");
				return pausesMs.filter((ms) => ms !== firstWordsMs);
			};
			return { session, waitedFor };
		}

		it("waits until the user slows down", async () => {
			const { waitedFor } = await afterTyping(0.4);
			assert.deepEqual(await waitedFor("a = █"), [140]);
		});

		it("does not wait with what is more likely right than not", async () => {
			const { waitedFor } = await afterTyping(0.6);
			assert.deepEqual(await waitedFor("a = █"), []);
		});

		it("does not wait during type-through, at the start of a line, after an accepted suggestion, and for explicit requests", async () => {
			const { session, waitedFor } = await afterTyping(0.4);
			await waitedFor("a = █");
			assert.deepEqual(await waitedFor("a = b█"), []);
			assert.deepEqual(await waitedFor("a();\n\t█"), []);
			session.acceptedAt({ uri: "file:///a.ts", version: 1, offset: 5 });
			assert.deepEqual(await waitedFor("b();;█"), []);
			assert.deepEqual(await waitedFor("c();;;;;;█", true), []);
		});
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

	it("steers a request by the next one", async () => {
		const it = gate("bar();");
		const { engine, suggest } = setUp(() => it.chunks());
		void suggest("foo.█");
		void suggest("fox.█", { version: 2 });
		await settle();
		assert.deepEqual(engine.replaced, [undefined, "c1"]);
		assert.deepEqual(
			engine.signals.map((signal) => signal.aborted),
			[false, false],
			"the engine ends the first one when it takes up the second",
		);
		it.open();
	});

	describe("prefetching", () => {
		it("has the next suggestion ready when one is accepted", async () => {
			const { engine, suggest } = setUp(({ typed: line }) =>
				line === "foo." ? ["bar();"] : ["// next"],
			);
			await suggest("foo.█");
			await settle();
			const next = await suggest("foo.bar();█", { version: 2 });
			assert.ok(next.kind === "suggestion");
			assert.deepEqual([next.text, next.source], ["// next", "cache"]);
			assert.equal(engine.requests.length, 1);
			assert.equal(engine.idleRequests[0]?.typed, "foo.bar();");
		});

		it("promotes a prefetch that is still running", async () => {
			const it = gate("// next");
			const { engine, suggest, moveTo } = setUp(({ typed: line }) =>
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

		it("goes on during type-through only", async () => {
			const it = gate("// next");
			const { engine, suggest, moveTo } = setUp(({ typed: line }) =>
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

		it("requests nothing twice", async () => {
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
			// The line is complete when the next one has begun.
			const it = pieces(`${first}\n\tb`, "();\n", "}");
			return { it, ...setUp(() => it.chunks()) };
		}

		it("suggests the first line as soon as it is complete, and then the rest", async () => {
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

		it("answers an explicit request with all lines at once", async () => {
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

		it("suggests the rest of the first line during type-through", async () => {
			const { it, suggest, moveTo, engine } = block();
			const asked = suggest("if (x) {█");
			await it.next();
			await asked;
			moveTo("if (x) {\n\ta█", { version: 2 });
			const rest = await suggest("if (x) {\n\ta█", { version: 2 });
			assert.equal(rest.kind === "suggestion" && rest.text, "();");
			assert.equal(engine.signals[0]?.aborted, false);
		});

		it("waits for the rest if the first line is accepted before that is ready", async () => {
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

	describe("where a line takes long", () => {
		function slow(...texts: readonly string[]) {
			const it = pieces(...texts);
			let wake = (): void => {};
			const engine = new FakeEngine(() => it.chunks());
			const late: boolean[] = [];
			const session = new CompletionSession({
				engine,
				contextProvider: noContext,
				log: nullLog,
				onLateSuggestion: (_, isMore) => late.push(isMore),
				sleep: () =>
					new Promise((resolve) => {
						wake = resolve;
					}),
				now: () => 0,
			});
			const suggest = (text: string) =>
				session.suggest(at(text), { signal: never(), isExplicit: false });
			return { it, engine, late, suggest, wake: () => wake() };
		}

		it("gives the words that are known, and offers the rest when the line is whole", async () => {
			const { it, engine, late, suggest, wake } = slow("item.na", "me;");
			const asked = suggest("a = █");
			await it.next();
			wake();
			const words = await asked;
			assert.ok(words.kind === "suggestion");
			assert.deepEqual([words.text, words.isWhole], ["item.", false]);
			assert.deepEqual(late, []);
			await it.next();
			assert.deepEqual(late, [true]);
			const line = await suggest("a = █");
			assert.equal(line.kind === "suggestion" && line.text, "item.name;");
			assert.equal(engine.requests.length, 1);
		});

		it("waits for words that are worth it", async () => {
			const { it, suggest, wake } = slow("it", "em.name", ";");
			const asked = suggest("a = █");
			await it.next();
			wake();
			await it.next();
			const words = await asked;
			assert.equal(words.kind === "suggestion" && words.text, "item.");
		});

		it("gives whole lines only where other text stands behind the cursor", async () => {
			const { it, suggest, wake } = slow("item.na", "me");
			const asked = suggest("a = █ + b");
			await it.next();
			wake();
			await it.next();
			const line = await asked;
			assert.equal(line.kind === "suggestion" && line.text, "item.name");
		});
	});

	describe("explicit requests", () => {
		it("are answered inside a word, where automatic ones are not", async () => {
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

		it("have distinct alternatives", async () => {
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

	it("prepares the next prompt when idle, and accepts its context once it is evaluated", async () => {
		const accepted: PromptContext[] = [];
		const better = {
			snippets: [{ path: "b.ts", text: "export const b = 1;" }],
			...EditFrame.around(at("a█ real")),
		};
		const engine = new FakeEngine(() => ["x"]);
		const session = new CompletionSession({
			engine,
			contextProvider: {
				...noContext,
				frameFor: () => EditFrame.around(at("a = █ earlier")),
				propose: () => better,
				accept: (_, it) => accepted.push(it),
			},
			log: nullLog,
			onLateSuggestion: () => {},
			sleep: patient,
			now: () => 0,
		});
		await session.prepare(at("a█"));
		const { snippets, suffix, maxTokens } = engine.idleRequests[0] ?? {};
		assert.deepEqual(snippets, better.snippets);
		assert.equal(suffix, " real");
		assert.equal(maxTokens, 0);
		assert.deepEqual(accepted, [better]);
		const interrupted = session.prepare(at("a█"));
		session.movedTo(undefined, () => undefined);
		await interrupted;
		assert.equal(
			accepted.length,
			1,
			"a context that was not evaluated is not accepted",
		);
		await session.suggest(at("a = █"), { signal: never(), isExplicit: false });
		assert.equal(engine.requests[0]?.suffix, " earlier");
	});

	for (const [what, stats, told] of [
		[
			"drafts",
			{ decodeSteps: 2, draftedTokens: 4, acceptedTokens: 1 },
			/3 tokens decoded in 1 ms and 2 steps \(1 of 4 drafted accepted\), total 2 ms$/,
		],
		["none", {}, /3 tokens decoded in 1 ms, total 2 ms$/],
	] as const)
		it(`logs accepted drafts where there were any: ${what}`, async () => {
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
				sleep: patient,
				now: () => 0,
			});
			await session.suggest(at("a = █"), {
				signal: never(),
				isExplicit: false,
			});
			assert.match(recent.lines()[0] ?? "", told);
		});

	it("keeps the user's text out of the log, except for traces", async () => {
		const recent = new RecentLog(nullLog);
		const session = new CompletionSession({
			engine: new FakeEngine(() => ["secret();"]),
			contextProvider: noContext,
			log: recent.log,
			onLateSuggestion: () => {},
			sleep: patient,
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
