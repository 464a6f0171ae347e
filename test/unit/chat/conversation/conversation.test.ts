import assert from "node:assert/strict";
import {
	appendChunk,
	ask,
	branchesAt,
	createConversation,
	edit,
	failAnswer,
	finishAnswer,
	questionTitle,
	regenerate,
	selectBranch,
	stopAnswer,
	streamingAnswerOf,
	visiblePath,
} from "../../../../src/chat/conversation/conversation.ts";
import type { Conversation } from "../../../../src/protocol/conversation.ts";
import { createError } from "../../../../src/protocol/errors.ts";
import { attachment, question, talk } from "../../../support/conversations.ts";
import { seededRandom } from "../../../support/seededRandom.ts";

const ids = (conversation: Conversation) =>
	visiblePath(conversation).map(({ id }) => id);
const stateOf = (conversation: Conversation, id: string) => {
	const found = conversation.messages.find((it) => it.id === id);
	return found?.role === "assistant" ? found.state : undefined;
};
const error = createError("engineStopped", {});

describe("a conversation", () => {
	it("appends a question and a streaming answer", () => {
		let it = ask(createConversation("c", 5), question("one", 7));
		assert.equal(it.title, "ask one");
		assert.deepEqual([it.createdAtMs, it.updatedAtMs], [5, 7]);
		it = appendChunk(it, "a-one", "reasoning", "hm");
		it = appendChunk(it, "a-one", "text", "a");
		it = appendChunk(it, "a-one", "text", "b");
		const answer = streamingAnswerOf(it);
		assert.deepEqual([answer?.reasoning, answer?.text], ["hm", "ab"]);
		it = appendChunk(it, "a-one", "textWasReasoning", "");
		it = appendChunk(it, "a-one", "text", "c");
		const closed = streamingAnswerOf(it);
		assert.deepEqual([closed?.reasoning, closed?.text], ["hmab", "c"]);
		assert.deepEqual(ids(it), ["q-one", "a-one"]);
	});

	const ends: readonly (readonly [
		name: string,
		end: (it: Conversation) => Conversation,
		state: unknown,
	])[] = [
		[
			"done",
			(it) => finishAnswer(it, "a-one", "endOfText"),
			{ kind: "complete", stopReason: "endOfText" },
		],
		[
			"out of tokens",
			(it) => finishAnswer(it, "a-one", "maxTokens"),
			{ kind: "complete", stopReason: "maxTokens" },
		],
		[
			"cancelled",
			(it) => finishAnswer(it, "a-one", "cancelled"),
			{ kind: "stopped" },
		],
		["stopped", (it) => stopAnswer(it, "a-one"), { kind: "stopped" }],
		[
			"failed",
			(it) => failAnswer(it, "a-one", error),
			{ kind: "failed", error },
		],
		[
			"followed by a question",
			(it) => ask(it, question("two", 2)),
			{ kind: "stopped" },
		],
	];
	for (const [name, end, state] of ends)
		it(`keeps how an answer ended: ${name}; later chunks change nothing`, () => {
			const it = end(ask(createConversation("c", 0), question("one", 1)));
			assert.deepEqual(stateOf(it, "a-one"), state);
			assert.equal(appendChunk(it, "a-one", "text", "late"), it);
			assert.equal(finishAnswer(it, "a-one", "endOfText"), it);
			assert.equal(failAnswer(it, "a-one", error), it);
		});

	it("branches when a question is edited, and shows the selected branch down to its end", () => {
		const before = talk("c", "one", "two", "three");
		const edited = edit(before, "q-two", question("other", 9));
		assert.deepEqual(ids(edited), ["q-one", "a-one", "q-other", "a-other"]);
		assert.deepEqual(branchesAt(edited, "q-other"), ["q-two", "q-other"]);
		assert.equal(edited.title, "ask one");
		assert.deepEqual(ids(selectBranch(edited, "q-two")), ids(before));
	});

	it("branches at the first question too", () => {
		const edited = edit(talk("c", "one"), "q-one", question("other", 9));
		assert.deepEqual(ids(edited), ["q-other", "a-other"]);
		assert.deepEqual(branchesAt(edited, "q-one"), ["q-one", "q-other"]);
	});

	it("branches when an answer is regenerated, also from its question", () => {
		const again = { answerId: "a-again", atMs: 9, model: "other" };
		for (const from of ["a-one", "q-one"]) {
			const it = regenerate(talk("c", "one", "two"), from, again);
			assert.deepEqual(ids(it), ["q-one", "a-again"]);
			assert.deepEqual(branchesAt(it, "a-again"), ["a-one", "a-again"]);
			assert.equal(streamingAnswerOf(it)?.model, "other");
		}
	});

	it("does not change for an unknown message or one of the wrong role", () => {
		const it = talk("c", "one");
		const again = { answerId: "x", atMs: 9, model: "" };
		assert.equal(edit(it, "gone", question("x", 9)), it);
		assert.equal(edit(it, "a-one", question("x", 9)), it);
		assert.equal(regenerate(it, "gone", again), it);
		assert.equal(selectBranch(it, "gone"), it);
		assert.deepEqual(branchesAt(it, "gone"), []);
	});

	const titles: readonly (readonly [text: string, title: string])[] = [
		["  Why\n is this\tslow? ", "Why is this slow?"],
		["", "src/a.ts"],
		["x".repeat(60), "x".repeat(60)],
		["x".repeat(61), `${"x".repeat(59)}…`],
		["👩".repeat(70), `${"👩".repeat(59)}…`],
	];
	for (const [text, title] of titles)
		it(`is called ${JSON.stringify(title.slice(0, 20))} after its first question`, () => {
			const attachments = [attachment("src/a.ts", "")];
			assert.equal(questionTitle({ text, attachments }), title);
		});

	it("keeps its invariants through random transitions", () => {
		for (let seed = 1; seed <= 60; seed++) {
			const random = seededRandom(seed);
			const below = (count: number) => Math.floor(random() * count);
			let it = createConversation("c", 0);
			for (let step = 0; step < 80; step++) {
				const before = it;
				const any = it.messages[below(it.messages.length + 1)]?.id ?? "gone";
				const asked = question(`${step}`, step);
				const changes: readonly (() => Conversation)[] = [
					() => ask(it, asked),
					() => edit(it, any, asked),
					() => regenerate(it, any, asked),
					() => appendChunk(it, any, "text", "x"),
					() => finishAnswer(it, any, "endOfText"),
					() => stopAnswer(it, any),
					() => failAnswer(it, any, error),
					() => selectBranch(it, any),
				];
				it = changes[below(changes.length)]?.() ?? it;
				check(before, it, `seed ${seed}, step ${step}`);
			}
		}
	});

	function check(before: Conversation, it: Conversation, where: string) {
		const path = visiblePath(it);
		for (const [index, message] of path.entries()) {
			assert.equal(message.parent, path[index - 1]?.id ?? null, where);
			assert.equal(message.role, index % 2 ? "assistant" : "user", where);
		}
		assert.equal(path.at(-1)?.id ?? null, it.leaf, where);
		const streaming = it.messages.filter(
			(message) =>
				message.role === "assistant" && message.state.kind === "streaming",
		);
		assert.ok(streaming.length <= 1, where);
		assert.deepEqual(
			it.messages.slice(0, before.messages.length).map(({ id }) => id),
			before.messages.map(({ id }) => id),
			where,
		);
		for (const [index, message] of before.messages.entries())
			assert.ok(
				message.role === "user"
					? it.messages[index] === message
					: "text" in message &&
							it.messages[index]?.text.startsWith(message.text),
				where,
			);
	}
});
