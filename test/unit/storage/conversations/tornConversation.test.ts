import assert from "node:assert/strict";
import {
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Conversation } from "../../../../src/protocol/conversation.ts";
import {
	conversationText,
	parseConversation,
} from "../../../../src/storage/conversations/conversationFile.ts";
import { ConversationStore } from "../../../../src/storage/conversations/conversationStore.ts";
import { answered, question, talk } from "../../../support/conversations.ts";

/** With what looks like the borders between messages. */
const tricky = answered(
	talk("c", "one", "two"),
	question("three", 3),
	'ends },{"role":"user","id":"x"} and ],"messages":[ and \\" and \n}]}',
);
const text = conversationText(tricky);

function recoveredFrom(damaged: string): Conversation {
	const parsed = parseConversation(damaged, "c");
	assert.ok(parsed.kind === "conversation", parsed.kind);
	assert.ok(parsed.isDamaged);
	return parsed.conversation;
}

describe("a torn conversation", () => {
	it("loses nothing but the message in which it is cut", () => {
		const ends = tricky.messages.map((it) => {
			const json = JSON.stringify(it);
			return text.indexOf(json) + json.length;
		});
		const firstStart = text.indexOf('{"role":');
		for (let end = firstStart; end < text.length; end++) {
			const { messages, title } = recoveredFrom(text.slice(0, end));
			const whole = ends.filter((it) => it <= end).length;
			assert.deepEqual(messages, tricky.messages.slice(0, whole));
			assert.equal(title, tricky.title);
		}
	});

	it("loses a message with a gap, and its replies", () => {
		const damaged = text.replace("ask two", "\0".repeat(7));
		assert.deepEqual(
			recoveredFrom(damaged).messages,
			talk("c", "one").messages,
		);
	});

	it("loses no message before one whose start is gone", () => {
		const damaged = text.replace(
			'{"role":"user","id":"q-two"',
			"\0".repeat(27),
		);
		assert.deepEqual(
			recoveredFrom(damaged).messages,
			talk("c", "one").messages,
		);
	});

	it("is named by its first question where its header is lost", () => {
		const damaged = text.replace('"title":', "\0".repeat(8));
		const { id, title, leaf, messages } = recoveredFrom(damaged);
		assert.deepEqual(messages, tricky.messages);
		assert.deepEqual(
			{ id, title, leaf },
			{
				id: "c",
				title: "ask one",
				leaf: "a-three",
			},
		);
	});

	for (const [what, damaged] of [
		["nothing", ""],
		["zeros", "\0".repeat(text.length)],
		["something else", "not found"],
		["half a header", text.slice(0, 40)],
	] as const)
		it(`is lost where the file holds ${what}`, () =>
			assert.equal(parseConversation(damaged, "c").kind, "broken"));

	it("is left to a newer version that wrote it", () => {
		const newer = text.replace('"version":2', '"version":3').slice(0, -20);
		assert.equal(parseConversation(newer, "c").kind, "newer");
	});

	it("is shown while the disk cannot be written, and mended when it can", async () => {
		const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-"));
		const file = path.join(folder, "c.json");
		const damaged = text.slice(0, -100);
		writeFileSync(file, damaged);
		// A folder where the mended file and the copy would have to go: as on a full disk, nothing can be written there.
		const blocked = path.join(folder, "c.json.lock");
		mkdirSync(blocked);
		const shown = await new ConversationStore(folder).open("c");
		assert.ok(shown.ok, JSON.stringify(shown));
		assert.deepEqual(
			shown.value.conversation.messages,
			tricky.messages.slice(0, -1),
		);
		assert.equal(shown.value.problem?.code, "conversationUnsaved");
		assert.equal(readFileSync(file, "utf8"), damaged, "it is as it was");
		rmSync(blocked, { recursive: true });
		const mended = await new ConversationStore(folder).open("c");
		assert.ok(mended.ok);
		assert.deepEqual(mended.value.conversation, shown.value.conversation);
		assert.equal(mended.value.problem?.code, "conversationDamaged");
		assert.deepEqual(readdirSync(folder).sort(), ["c.json", "c.json.broken"]);
		const next = await new ConversationStore(folder).open("c");
		assert.deepEqual(next.ok && next.value, {
			conversation: shown.value.conversation,
			problem: null,
		});
		rmSync(folder, { recursive: true });
	}).timeout(30_000);
});
