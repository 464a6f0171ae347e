import assert from "node:assert/strict";
import { inCodeFence } from "../../../../src/chat/conversation/codeFence.ts";
import {
	ask,
	createConversation,
	failAnswer,
	stopAnswer,
	visiblePath,
} from "../../../../src/chat/conversation/conversation.ts";
import {
	exchangesOf,
	lookupTextOf,
	newAttachments,
	systemPrompts,
	turnsOf,
} from "../../../../src/chat/prompt/promptParts.ts";
import type { Conversation } from "../../../../src/protocol/conversation.ts";
import { createError } from "../../../../src/protocol/errors.ts";
import {
	answered,
	attachment,
	question,
} from "../../../support/conversations.ts";

const turns = (conversation: Conversation) =>
	turnsOf(systemPrompts.small, exchangesOf(visiblePath(conversation)));
const empty = createConversation("c", 0);
const file = attachment("src/a.ts", "let a;\n");

describe("the turns of a conversation", () => {
	it("have attachments before the question, under their paths", () => {
		const it = ask(empty, {
			...question("one", 1, file, attachment("src/a.ts:1", "let", "selection")),
			prompt: "Explain it.",
		});
		assert.deepEqual(turns(it), [
			{ role: "system", text: systemPrompts.small },
			{
				role: "user",
				text: "File src/a.ts:\n```typescript\nlet a;\n```\n\nSelected code, src/a.ts:1:\n```typescript\nlet\n```\n\nExplain it.",
			},
		]);
	});

	it("are a byte-for-byte prefix of the turns of a longer path", () => {
		let it = empty;
		let before = turns(it);
		for (const [index, name] of ["one", "two", "three"].entries()) {
			const asked = question(name, index, file);
			const streaming = turns(ask(it, asked));
			assert.deepEqual(streaming.slice(0, before.length), before);
			it = answered(it, asked);
			assert.deepEqual(turns(it).slice(0, -1), streaming);
			before = turns(it);
		}
		assert.equal(before.length, 7);
	});

	it("alternate, also if an answer has no text", () => {
		const first = ask(empty, question("one", 1, file));
		const withoutText = [
			stopAnswer(first, "a-one"),
			failAnswer(first, "a-one", createError("engineStopped", {})),
		];
		for (const it of withoutText) {
			const next = turns(answered(it, question("two", 2)));
			assert.deepEqual(
				next.map(({ role }) => role),
				["system", "user", "assistant"],
			);
			assert.match(next[1]?.text ?? "", /let a;[\s\S]*ask one\n\nask two$/);
		}
	});

	it("list attachments as they appear in the text, for counting", () => {
		const [exchange] = exchangesOf(
			visiblePath(ask(empty, question("one", 1, file))),
		);
		assert.deepEqual(
			exchange?.attachments.map(({ label }) => label),
			["src/a.ts"],
		);
		assert.ok(
			exchange?.user.text.startsWith(exchange.attachments[0]?.text ?? "none"),
		);
		assert.equal(exchange?.label, "ask one");
	});

	it("do not repeat an unchanged file", () => {
		const path = visiblePath(answered(empty, question("one", 1, file)));
		const changed = attachment("src/a.ts", "let b;\n");
		assert.deepEqual(newAttachments(path, [file, changed]), [changed]);
		assert.deepEqual(newAttachments([], [file]), [file]);
	});

	it("take the code that was attached last for prompt lookup decoding", () => {
		const other = attachment("b.ts", "other");
		const problems = attachment("problems", "…", "problems");
		let it = answered(empty, question("one", 1, file));
		assert.equal(lookupTextOf(visiblePath(it)), "let a;\n");
		it = answered(it, question("two", 2, other, problems));
		it = ask(it, question("three", 3, problems));
		assert.equal(lookupTextOf(visiblePath(it)), "other");
		assert.equal(lookupTextOf([]), "");
	});
});

describe("inCodeFence", () => {
	const cases: readonly (readonly [text: string, fence: string])[] = [
		["a", "```"],
		["a `b` ``c``", "```"],
		["```\nout\n```", "````"],
		["x ````` y", "``````"],
	];
	for (const [text, fence] of cases)
		it(`holds ${JSON.stringify(text)}`, () => {
			assert.equal(inCodeFence(text, "md"), `${fence}md\n${text}\n${fence}`);
		});
	it("adds no line ending to text that has one, nor to an empty text", () => {
		assert.equal(inCodeFence("a\n", ""), "```\na\n```");
		assert.equal(inCodeFence("", ""), "```\n```");
	});
});
