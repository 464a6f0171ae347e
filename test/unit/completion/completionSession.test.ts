import assert from "node:assert/strict";
import { nullLog, RecentLog } from "../../../src/base/log.ts";
import {
	CompletionSession,
	type Place,
} from "../../../src/completion/completionSession.ts";
import { getCompletion } from "../../../src/completion/getCompletion.ts";
import { createError } from "../../../src/protocol/errors.ts";
import { at } from "../../support/cursor.ts";
import { FakeEngine } from "../../support/fakeEngine.ts";

const never = () => new AbortController().signal;

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

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("getCompletion", () => {
	async function complete(document: string, answer: string) {
		const engine = new FakeEngine(() => [...answer]);
		const result = await getCompletion(at(document), engine, never());
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
		assert.equal(result.kind === "suggestion" && result.end, "rule");
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
			const result = await getCompletion(at("█"), engine, never());
			assert.equal(result.kind === "none" && result.reason.kind, expected);
		});
});

describe("CompletionSession", () => {
	function setUp(answer: ConstructorParameters<typeof FakeEngine>[0]) {
		const engine = new FakeEngine(answer);
		const late: Place[] = [];
		const session = new CompletionSession({
			engine,
			log: nullLog,
			onLateSuggestion: (place) => late.push(place),
		});
		const suggest = (text: string, options = {}, signal = never()) =>
			session.suggest(at(text, options), signal);
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
		["all of it typed", "foo.bar();█", {}],
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
		assert.deepEqual(late, [{ uri: "file:///a.ts", version: 1, offset: 4 }]);
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
		assert.deepEqual(late, [{ uri: "file:///a.ts", version: 2, offset: 5 }]);
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

	it("keeps the text of the user out of the log, but for traces", async () => {
		const recent = new RecentLog(nullLog);
		const session = new CompletionSession({
			engine: new FakeEngine(() => ["secret();"]),
			log: recent.log,
			onLateSuggestion: () => {},
		});
		await session.suggest(at("const password = █"), never());
		assert.ok(recent.lines().length > 0);
		assert.doesNotMatch(recent.lines().join("\n"), /secret|password/);
	});
});
