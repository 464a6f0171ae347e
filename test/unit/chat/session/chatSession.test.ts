import assert from "node:assert/strict";
import { failure, success } from "../../../../src/base/result.ts";
import { systemPrompts } from "../../../../src/chat/prompt/promptParts.ts";
import { ChatSession } from "../../../../src/chat/session/chatSession.ts";
import type { ToChatView } from "../../../../src/protocol/chatView.ts";
import { createError, errorText } from "../../../../src/protocol/errors.ts";
import { attachment, talk } from "../../../support/conversations.ts";
import {
	FakeChatEngine,
	FakeContext,
	FakeConversations,
	someModel,
} from "../../../support/fakes/fakeChat.ts";
import { FakeClock } from "../../../support/fakes/fakeClock.ts";
import { settle } from "../../../support/settle.ts";

const batchMs = 50;
const countMs = 200;
const saveMs = 5_000;

type Posted<Kind extends ToChatView["kind"]> = Extract<
	ToChatView,
	{ readonly kind: Kind }
>;

/** @param currentId of the conversation that the last window showed. */
function setUp(currentId?: string, ...kept: ReturnType<typeof talk>[]) {
	const engine = new FakeChatEngine();
	const store = new FakeConversations();
	for (const it of kept) store.saved.set(it.id, it);
	const context = new FakeContext();
	const clock = new FakeClock();
	const posted: ToChatView[] = [];
	let current = currentId;
	let ids = 0;
	let forgotten = 0;
	let nowMs = 100;
	const session = new ChatSession({
		model: engine,
		engine,
		store,
		context,
		currentId: {
			read: () => current,
			write: (id) => {
				current = id;
			},
		},
		post: (message) => posted.push(message),
		describe: errorText,
		stateFile: "/state.bin",
		deleteState: async () => {
			forgotten++;
		},
		newId: () => `id${++ids}`,
		now: () => ++nowMs,
		setTimer: clock.setTimer,
	});
	const all = <Kind extends ToChatView["kind"]>(kind: Kind) =>
		posted.filter((it): it is Posted<Kind> => it.kind === kind);
	/** The newest of a kind, which must be there. */
	const last = <Kind extends ToChatView["kind"]>(kind: Kind): Posted<Kind> => {
		const found = all(kind).at(-1);
		assert.ok(found, `nothing of kind ${kind} was posted`);
		return found;
	};
	return {
		engine,
		store,
		context,
		clock,
		posted,
		session,
		all,
		last,
		currentId: () => current,
		forgotten: () => forgotten,
		answer: () => {
			const answer = engine.answers.at(-1);
			assert.ok(answer, "nothing was asked of the engine");
			return answer;
		},
		async asked(text: string) {
			await session.ask(text);
			await settle();
		},
		/** Asks, and is answered at once. */
		async talked(text: string, answer = `answer to ${text}`) {
			await session.ask(text);
			await settle();
			engine.answers.at(-1)?.say(answer);
			engine.answers.at(-1)?.end();
			await settle();
		},
	};
}

describe("a chat session", () => {
	it("sends chips, conversation and tokens to a new page, in this order", async () => {
		const it = setUp();
		await it.session.ready();
		it.clock.advance(countMs);
		await settle();
		assert.deepEqual(
			it.posted.map(({ kind }) => kind),
			["context", "conversation", "tokens", "context"],
		);
		assert.deepEqual(it.last("conversation").messages, []);
	});

	it("folds away what the model closes as reasoning without having opened it", async () => {
		const it = setUp();
		await it.asked("why?");
		it.answer().say("hm");
		it.answer().say("", "textWasReasoning");
		it.answer().say("Because");
		await settle();
		it.clock.advance(batchMs);
		assert.deepEqual(
			it.all("chunk").map(({ segment, text }) => [segment, text]),
			[
				["text", "hm"],
				["textWasReasoning", ""],
				["text", "Because"],
			],
		);
		it.answer().end();
		await settle();
		const { message } = it.last("messageChanged");
		assert.deepEqual([message.reasoning, message.text], ["hm", "Because"]);
	});

	it("streams in batches, and ends with the whole message", async () => {
		const it = setUp();
		await it.asked("why?");
		it.answer().say("hm", "reasoning");
		it.answer().say("Be");
		it.answer().say("cause");
		await settle();
		it.clock.advance(batchMs);
		assert.deepEqual(
			it.all("chunk").map(({ segment, text }) => [segment, text]),
			[
				["reasoning", "hm"],
				["text", "Because"],
			],
		);
		it.answer().say(".");
		it.answer().end();
		await settle();
		const { message } = it.last("messageChanged");
		assert.deepEqual(
			[message.text, message.reasoning, message.state],
			["Because.", "hm", "complete"],
		);
		it.clock.advance(batchMs);
		assert.equal(it.all("chunk").length, 3, "nothing comes behind the end");
	});

	it("sends the system prompt, the questions and the answers verbatim", async () => {
		const it = setUp();
		await it.talked("one", "  answer, untrimmed \n");
		await it.asked("two");
		const { turns, stateFile, maxTokens } = it.answer().request;
		assert.deepEqual(turns, [
			{ role: "system", text: systemPrompts.full },
			{ role: "user", text: "one" },
			{ role: "assistant", text: "  answer, untrimmed \n" },
			{ role: "user", text: "two" },
		]);
		assert.deepEqual([stateFile, maxTokens], ["/state.bin", null]);
	});

	it("uses a shorter system prompt for a small model", async () => {
		const it = setUp();
		it.engine.current = { ...someModel, parameterCount: 5e8 };
		await it.asked("one");
		assert.equal(it.answer().request.turns[0]?.text, systemPrompts.small);
	});

	it("sends the prompt of a slash command, and shows what the user typed", async () => {
		const it = setUp();
		it.context.attached = success([attachment("a.ts", "let a = 1;")]);
		await it.asked("/explain");
		assert.match(
			it.answer().request.turns.at(-1)?.text ?? "",
			/let a = 1;[\s\S]*Explain the file a\.ts/,
		);
		assert.equal(it.last("conversation").messages[0]?.text, "/explain");
		assert.equal(it.answer().request.reference, "let a = 1;");
		assert.equal(it.context.sentCount, 1);
	});

	it("attaches the visible file once, and again when it has changed", async () => {
		const it = setUp();
		it.context.attached = success([attachment("a.ts", "let a = 1;")]);
		await it.talked("one");
		await it.talked("two");
		it.context.attached = success([attachment("a.ts", "let a = 2;")]);
		await it.talked("three");
		const attached = it
			.all("messageChanged")
			.concat()
			.map(({ message }) => message)
			.filter(({ role }) => role === "user")
			.map((question) => [question.text, question.attached.length]);
		assert.deepEqual(attached, [
			["two", 0],
			["three", 1],
		]);
	});

	it("attaches a file again when its first question is left out of the prompt", async () => {
		const it = setUp();
		const file = attachment("a.ts", "word ".repeat(3_000));
		it.context.attached = success([file]);
		await it.talked("one", "word ".repeat(2_000));
		it.context.attached = success([
			file,
			attachment("b.ts", "other ".repeat(3_000)),
		]);
		await it.asked("two");
		assert.deepEqual(
			it.last("messageChanged").message.role === "assistant" &&
				it.all("messageChanged").at(-2)?.message.attached,
			[
				{ label: "a.ts", kind: "file" },
				{ label: "b.ts", kind: "file" },
			],
		);
		assert.deepEqual(
			it.last("tokens").leftOut.map(({ label }) => label),
			["one"],
		);
		assert.equal(it.answer().request.turns.length, 2);
	});

	it("reports an attachment that cannot be read, and returns the question to the input", async () => {
		const it = setUp();
		const error = createError("slashCommandUnknown", {
			command: "/fly",
			commands: "/fix",
		});
		await it.asked("/fly");
		assert.match(it.last("notice").text, /There is no command \/fly/);
		it.context.attached = failure(error);
		await it.asked("see #file:x");
		assert.equal(it.last("notice").text, errorText(error));
		assert.equal(it.last("focusInput").text, "see #file:x");
		assert.equal(it.engine.answers.length, 0);
		assert.equal(it.store.saves, 0);
	});

	//#region The end of an answer
	it("stops at once, and ignores late chunks", async () => {
		const it = setUp();
		await it.asked("one");
		const answer = it.answer();
		answer.say("half");
		await settle();
		it.session.stop();
		assert.deepEqual(
			[it.last("messageChanged").message.text, answer.signal.aborted],
			["half", true],
		);
		assert.equal(it.last("messageChanged").message.state, "stopped");
		const count = it.posted.length;
		answer.say(" late");
		answer.end();
		await settle();
		it.clock.advance(batchMs);
		assert.deepEqual(
			it.posted.slice(count).filter(({ kind }) => kind !== "tokens"),
			[],
		);
		it.session.stop();
		assert.equal(it.all("messageChanged").length, 1, "stopped once");
	});

	it("stops the streaming answer when the next question is sent", async () => {
		const it = setUp();
		await it.asked("one");
		const first = it.answer();
		first.say("half");
		await settle();
		await it.asked("two");
		assert.ok(first.signal.aborted);
		assert.deepEqual(
			it
				.answer()
				.request.turns.slice(1)
				.map(({ text }) => text),
			["one", "half", "two"],
		);
	});

	for (const [name, act] of [
		["loading fails", "load"],
		["the model cannot chat", "chatError"],
		["the engine fails", "end"],
	] as const)
		it(`shows in the message why there is no answer: ${name}`, async () => {
			const it = setUp();
			const error = createError("engineStopped", {});
			if (act !== "end") it.engine.current = undefined;
			if (act === "load") it.engine.loading = Promise.resolve(failure(error));
			if (act === "chatError")
				it.engine.loading = Promise.resolve(success({ ...someModel, error }));
			await it.asked("one");
			if (act === "end") it.answer().end({ kind: "failed", error });
			await settle();
			const { message } = it.last("messageChanged");
			assert.deepEqual(
				[message.state, message.error],
				["failed", errorText(error)],
			);
			assert.equal(it.engine.answers.length, act === "end" ? 1 : 0);
		});

	it("ends an answer that throws", async () => {
		const it = setUp();
		it.engine.chat = () => {
			throw new Error("lost");
		};
		await it.asked("one");
		const { message } = it.last("messageChanged");
		assert.equal(message.state, "failed");
		assert.match(message.error ?? "", /lost/);
	});

	it("loads the model for the first question only, and can be stopped while it loads", async () => {
		const it = setUp();
		it.engine.current = undefined;
		it.engine.loading = new Promise(() => {});
		await it.session.ready();
		it.session.inputChanged("on");
		it.clock.advance(countMs);
		await settle();
		assert.equal(it.last("tokens").isExact, false);
		await it.asked("one");
		it.session.stop();
		await settle();
		assert.equal(it.last("messageChanged").message.state, "stopped");
		assert.equal(it.engine.answers.length, 0);
	});

	it("does not show a cut-off answer as complete", async () => {
		const it = setUp();
		await it.asked("one");
		it.answer().say("half");
		it.answer().end("contextFull");
		await settle();
		assert.equal(it.last("messageChanged").message.state, "stopped");
	});

	it("refuses an attachment that exceeds the context window, and names it", async () => {
		const it = setUp();
		it.context.attached = success([
			attachment("big.ts", "word ".repeat(9_000)),
		]);
		await it.asked("one");
		assert.match(
			it.last("messageChanged").message.error ?? "",
			/big\.ts has \d+ tokens and does not fit/,
		);
		assert.equal(it.engine.answers.length, 0);
	});

	it("continues after a question that was too large, without it and its attachments", async () => {
		const it = setUp();
		const note = attachment("note.ts", "let note;");
		it.context.attached = success([
			attachment("huge.ts", "word ".repeat(8_000)),
			note,
		]);
		await it.asked("too much");
		assert.equal(it.engine.answers.length, 0);
		it.context.attached = success([note]);
		await it.asked("less");
		const [, asked, ...others] = it.answer().request.turns;
		assert.match(asked?.text ?? "", /^File note\.ts:.*\n\nless$/s);
		assert.deepEqual(others, []);
	});

	it("records the model that was loaded for the answer", async () => {
		const it = setUp();
		it.engine.current = undefined;
		await it.talked("one");
		const [saved] = it.store.saved.values();
		const answer = saved?.messages.at(-1);
		assert.equal(answer?.role === "assistant" && answer.model, someModel.name);
	});
	//#endregion

	//#region Branches
	it("regenerates with another seed, on a new branch", async () => {
		const it = setUp();
		await it.talked("one");
		const { id } = it.last("messageChanged").message;
		const first = it.answer().request;
		await it.session.regenerate(id);
		await settle();
		const second = it.answer().request;
		assert.deepEqual(second.turns, first.turns);
		assert.notEqual(second.seed, first.seed);
		it.answer().end();
		await settle();
		assert.deepEqual(it.last("messageChanged").message.branch, {
			index: 1,
			count: 2,
		});
		await it.session.selectBranch(it.last("messageChanged").message.id, -1);
		assert.equal(it.last("conversation").messages.at(-1)?.id, id);
	});

	it("replaces an edited question on a new branch", async () => {
		const it = setUp();
		await it.talked("one");
		await it.talked("two");
		const [first] = it.last("conversation").messages;
		await it.session.ask("other", first?.id);
		await settle();
		assert.deepEqual(
			it
				.answer()
				.request.turns.slice(1)
				.map(({ text }) => text),
			["other"],
		);
		const [shown] = it.last("conversation").messages;
		assert.deepEqual(shown?.branch, { index: 1, count: 2 });
	});

	it("returns an edited question that cannot be sent to the input as an edit", async () => {
		const it = setUp();
		await it.talked("one");
		const [first] = it.last("conversation").messages;
		await it.session.ask("/fly", first?.id);
		assert.deepEqual(it.last("focusInput"), {
			kind: "focusInput",
			text: "/fly",
			editedId: first?.id,
		});
	});

	it("ignores requests for unknown messages and branches", async () => {
		const it = setUp();
		await it.talked("one");
		const count = it.posted.length;
		await it.session.regenerate("gone");
		await it.session.ask("text", "gone");
		await it.session.selectBranch("gone", 1);
		assert.equal(it.engine.answers.length, 1);
		assert.equal(
			it.posted.slice(count).some(({ kind }) => kind === "conversation"),
			false,
		);
	});
	//#endregion

	//#region Conversations
	it("restores the conversation of the last window", async () => {
		const it = setUp("c", talk("c", "one", "two"), talk("d", "other"));
		await it.session.ready();
		const { id, messages } = it.last("conversation");
		assert.deepEqual([id, messages.length], ["c", 4]);
	});

	it("reports a conversation that cannot be read, and begins another", async () => {
		const it = setUp("gone");
		await it.session.ready();
		assert.match(it.last("notice").text, /Cannot read/);
		assert.deepEqual(it.last("conversation").messages, []);
	});

	it("pages long conversations", async () => {
		const names = Array.from({ length: 50 }, (_, index) => `n${index}`);
		const it = setUp("c", talk("c", ...names));
		await it.session.ready();
		const newest = it.last("conversation");
		assert.deepEqual([newest.messages.length, newest.hasEarlier], [40, true]);
		it.session.showEarlier(newest.messages[0]?.id ?? "");
		const middle = it.last("earlier");
		assert.deepEqual([middle.messages.length, middle.hasEarlier], [40, true]);
		it.session.showEarlier(middle.messages[0]?.id ?? "");
		const oldest = it.last("earlier");
		assert.deepEqual([oldest.messages.length, oldest.hasEarlier], [20, false]);
		assert.equal(oldest.messages[0]?.id, "q-n0");
		it.session.showEarlier("gone");
		assert.deepEqual(it.last("earlier").messages, []);
	});

	it("saves with each question, each answer and every few seconds, not with each token", async () => {
		const it = setUp();
		await it.asked("one");
		const asked = it.store.saves;
		for (const word of ["a", "b", "c"]) {
			it.answer().say(word);
			await settle();
			it.clock.advance(batchMs);
		}
		assert.equal(it.store.saves, asked);
		it.clock.advance(saveMs);
		await settle();
		assert.equal(it.store.saves, asked + 1);
		it.answer().end();
		await settle();
		assert.equal(it.store.saves, asked + 2);
		it.clock.advance(saveMs);
		await settle();
		assert.equal(it.store.saves, asked + 2, "nothing changes any more");
	});

	it("reports a conversation that cannot be saved, and goes on", async () => {
		const it = setUp();
		it.store.error = createError("conversationUnsaved", { why: "disk full" });
		await it.talked("one");
		assert.match(
			it.last("notice").text,
			/Could not save the conversation: disk full/,
		);
		assert.equal(it.last("messageChanged").message.state, "complete");
	});

	it("stops the answer when another conversation is opened", async () => {
		const it = setUp(undefined, talk("d", "other"));
		await it.asked("one");
		const first = it.last("conversation").id;
		it.answer().say("half");
		await settle();
		await it.session.openConversation("d");
		assert.equal(it.last("conversation").id, "d");
		assert.equal(it.currentId(), "d");
		const left = it.store.saved.get(first)?.messages.at(-1);
		assert.deepEqual(left?.role === "assistant" && [left.text, left.state], [
			"half",
			{ kind: "stopped" },
		]);
		await it.session.newConversation();
		assert.deepEqual(it.last("conversation").messages, []);
		assert.equal(it.currentId(), undefined);
		assert.equal(it.store.saved.size, 2, "an empty one is not kept");
	});

	it("does not save a conversation that was deleted during an answer", async () => {
		const it = setUp();
		await it.asked("one");
		const { id } = it.last("conversation");
		const answer = it.answer();
		await it.session.deleteConversation(id);
		answer.say("late");
		answer.end();
		it.clock.advance(saveMs);
		await settle();
		assert.equal(it.store.saved.size, 0);
		assert.ok(answer.signal.aborted);
		assert.equal(it.forgotten(), 1, "its KV snapshot is deleted as well");
		assert.notEqual(it.last("conversation").id, id);
		assert.deepEqual(it.last("history").entries, []);
	});

	it("lists, searches and pages the history", async () => {
		const it = setUp(
			undefined,
			...Array.from({ length: 35 }, (_, at) => talk(`c${at}`, `n${at}x`)),
		);
		await it.session.openHistory("", 0);
		assert.deepEqual(
			[it.last("history").entries.length, it.last("history").hasMore],
			[30, true],
		);
		await it.session.openHistory("", 30);
		assert.deepEqual(
			[it.last("history").entries.length, it.last("history").hasMore],
			[5, false],
		);
		await it.session.openHistory("n7x", 0);
		const { query, entries } = it.last("history");
		assert.deepEqual([query, entries.map(({ id }) => id)], ["n7x", ["c7"]]);
		await it.session.openHistory("ask", 30);
		assert.deepEqual(
			[it.last("history").entries.length, it.last("history").hasMore],
			[5, false],
		);
	});

	it("stops an outdated search", async () => {
		const it = setUp(
			undefined,
			...Array.from({ length: 35 }, (_, at) => talk(`c${at}`, "x")),
		);
		let looked = 0;
		const { store } = it;
		const search = store.search.bind(store);
		store.search = (find) =>
			search((conversation) => {
				looked++;
				return find(conversation);
			});
		const first = it.session.openHistory("a", 0);
		await Promise.all([first, it.session.openHistory("as", 0)]);
		assert.deepEqual(
			it.all("history").map(({ query }) => query),
			["as"],
		);
		assert.ok(looked < 40, `${looked} conversations were looked through`);
	});
	//#endregion

	//#region The input
	it("counts tokens even if an attachment cannot be read", async () => {
		const it = setUp();
		const { attachmentsFor } = it.context;
		it.context.attachmentsFor = () => Promise.reject(new Error("lost"));
		it.session.inputChanged("one");
		it.clock.advance(countMs);
		await settle();
		assert.equal(it.all("tokens").length, 0);
		it.context.attachmentsFor = attachmentsFor;
		it.session.inputChanged("one two");
		it.clock.advance(countMs);
		await settle();
		assert.equal(it.all("tokens").length, 1);
	});

	it("reports the tokens of the question, debounced", async () => {
		const it = setUp();
		it.session.inputChanged("one");
		it.session.inputChanged("one two three");
		it.clock.advance(countMs);
		await settle();
		assert.equal(it.all("tokens").length, 1);
		const { promptTokens, budgetTokens, isExact } = it.last("tokens");
		const systemTokens = systemPrompts.full.split(/\s+/).length;
		// Each of the two turns has its share of the template, and so have the words that ask for an answer.
		assert.equal(promptTokens, systemTokens + 3 + 3 * 4);
		assert.deepEqual([budgetTokens, isExact], [8_192 - 1_024, true]);
	});

	it("counts the prompt of a slash command", async () => {
		const it = setUp();
		it.context.attached = success([attachment("a.ts", "let a;")]);
		it.session.inputChanged("/fix it");
		it.clock.advance(countMs);
		await settle();
		const before = it.last("tokens").promptTokens;
		await it.asked("/fix it");
		assert.equal(it.last("tokens").promptTokens, before);
		assert.match(it.answer().request.turns.at(-1)?.text ?? "", /Find what is/);
	});

	it("counts each turn once", async () => {
		const it = setUp("c", talk("c", "one", "two", "three"));
		await it.session.ready();
		it.clock.advance(countMs);
		await settle();
		it.engine.counted.length = 0;
		it.session.inputChanged("new");
		it.clock.advance(countMs);
		await settle();
		assert.deepEqual(
			it.engine.counted.map((turns) => turns.map(({ text }) => text)),
			[[systemPrompts.full, "new"]],
		);
	});

	it("caches only the last prompt: with a file attached, each key would cache the file again", async () => {
		const it = setUp();
		for (const text of ["one", "two", "one"]) {
			it.session.inputChanged(text);
			it.clock.advance(countMs);
			await settle();
		}
		const counted = it.engine.counted.flatMap((turns) =>
			turns.filter(({ role }) => role === "user").map(({ text }) => text),
		);
		assert.deepEqual(counted.slice(-3), ["one", "two", "one"]);
	});

	it("shows the tokens of each chip", async () => {
		const it = setUp();
		it.context.attached = success([attachment("a.ts", "one two three")]);
		it.context.shown = [
			{
				id: "f",
				label: "a.ts",
				kind: "file",
				tokens: null,
				removable: true,
			},
		];
		it.context.change();
		assert.equal(it.last("context").chips[0]?.tokens, null);
		it.clock.advance(countMs);
		await settle();
		assert.ok((it.last("context").chips[0]?.tokens ?? 0) >= 3);
	});

	it("counts again for another model", async () => {
		const it = setUp();
		it.engine.setModel({ ...someModel, windowTokens: 4_096 });
		it.clock.advance(countMs);
		await settle();
		assert.equal(it.last("tokens").budgetTokens, 4_096 - 1_024);
	});

	it("returns suggestions with their query", async () => {
		const it = setUp();
		await it.session.suggest("command", "fi");
		assert.deepEqual(
			[it.last("suggestions").query, it.last("suggestions").items[0]?.label],
			["fi", "command fi"],
		);
	});
	//#endregion

	it("finds the path and the attachments for a code block", async () => {
		const it = setUp();
		const file = attachment("a.ts", "let a = 1;");
		it.context.attached = success([file]);
		await it.talked("one");
		await it.talked("two", "In `src/a.ts`:\n\n```ts\nlet a = 2;\n```\n");
		const { id } = it.last("messageChanged").message;
		assert.deepEqual(it.session.codeHints(id, 0, "let a = 2;\n"), {
			path: "src/a.ts",
			attachments: [file],
		});
		assert.equal(it.session.codeHints(id, 5, "let a = 2;").path, "src/a.ts");
		assert.deepEqual(it.session.codeHints("gone", 0, "x"), {
			path: null,
			attachments: [],
		});
	});

	it("stops the answer when it is disposed", async () => {
		const it = setUp();
		await it.asked("one");
		it.session.dispose();
		assert.ok(it.answer().signal.aborted);
	});
});
