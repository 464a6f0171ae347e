/** The files in `jsonLines/` were written by the version that kept conversations as JSON lines; `opened.json.txt` is what it read of them. */

import assert from "node:assert/strict";
import {
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Conversation } from "../../../../src/protocol/conversation.ts";
import { ConversationStore } from "../../../../src/storage/conversations/conversationStore.ts";
import { parseJsonLines } from "../../../../src/storage/conversations/jsonLines.ts";
import { answered, question } from "../../../support/conversations.ts";

interface Opened {
	readonly conversation?: Conversation;
	readonly problem: string | null;
}

const fixtures = path.join(import.meta.dirname, "jsonLines");
const expected: Readonly<Record<string, Opened>> = JSON.parse(
	readFileSync(path.join(fixtures, "opened.json.txt"), "utf8"),
);
const openedBefore = (id: string): Opened => {
	const opened = expected[id];
	assert.ok(opened, id);
	return opened;
};
const readableIds = Object.keys(expected).filter(
	(id) => openedBefore(id).conversation,
);

describe("conversations in JSON lines", () => {
	const root = mkdtempSync(path.join(os.tmpdir(), "headroom-"));
	after(() => rmSync(root, { recursive: true }));

	/** A folder as the former version left it. */
	function setUp() {
		const folder = mkdtempSync(path.join(root, "f-"));
		cpSync(fixtures, folder, { recursive: true });
		rmSync(path.join(folder, "opened.json.txt"));
		cpSync(
			path.join(folder, "index.json.txt"),
			path.join(folder, "index.json"),
		);
		rmSync(path.join(folder, "index.json.txt"));
		const names = () => readdirSync(folder).sort();
		const file = (name: string) => path.join(folder, name);
		return { folder, names, file, store: new ConversationStore(folder) };
	}

	async function open(store: ConversationStore, id: string): Promise<Opened> {
		const opened = await store.open(id);
		if (!opened.ok) return { problem: opened.error.code };
		const { conversation, problem } = opened.value;
		return { conversation, problem: problem?.code ?? null };
	}

	async function list(store: ConversationStore) {
		const listed = await store.list();
		assert.ok(listed.ok, JSON.stringify(listed));
		const { conversations, problems } = listed.value;
		return {
			ids: conversations.map(({ id }) => id),
			problems: problems.map(({ code }) => code).sort(),
		};
	}

	for (const [id, opened] of Object.entries(expected))
		it(`are read as the former version read them: ${id}`, async () => {
			const { store, folder, file } = setUp();
			assert.deepEqual(await open(store, id), opened);
			assert.equal(existsSync(file(`${id}.json`)), readableIds.includes(id));
			assert.equal(existsSync(file(`${id}.jsonl`)), id === "newer");
			if (opened.conversation)
				assert.deepEqual(await open(new ConversationStore(folder), id), {
					...opened,
					problem: null,
				});
		});

	for (const index of ["there", "missing", "broken"])
		it(`are all converted by the first list, with an index that is ${index}`, async () => {
			const { store, folder, names, file } = setUp();
			if (index === "missing") rmSync(file("index.json"));
			if (index === "broken")
				writeFileSync(file("index.json"), '{"version":1,');
			const first = await list(store);
			assert.deepEqual(first, {
				// By the time of the last question, and then by id.
				ids: [
					"windows",
					"tornWithin",
					"streaming",
					"outdated",
					"branches",
					"torn",
				],
				problems: [
					"conversationDamaged",
					"conversationDamaged",
					"conversationLost",
					"conversationNewer",
				],
			});
			assert.deepEqual(names(), [
				"branches.json",
				"broken.jsonl.broken",
				"index.json",
				"newer.jsonl",
				"outdated.json",
				"streaming.json",
				"torn.json",
				"torn.jsonl.broken",
				"tornWithin.json",
				"tornWithin.jsonl.broken",
				"windows.json",
			]);
			const next = new ConversationStore(folder);
			assert.deepEqual(await list(next), {
				ids: first.ids,
				problems: ["conversationNewer"],
			});
			for (const id of readableIds)
				assert.deepEqual(
					(await open(next, id)).conversation,
					openedBefore(id).conversation,
				);
			for (const name of ["torn", "tornWithin", "broken"])
				assert.deepEqual(
					readFileSync(file(`${name}.jsonl.broken`)),
					readFileSync(path.join(fixtures, `${name}.jsonl`)),
				);
			if (process.platform !== "win32")
				for (const id of readableIds)
					assert.equal(statSync(file(`${id}.json`)).mode & 0o777, 0o600);
		});

	it("are converted once by several windows that list, open and save at once", async () => {
		const { folder, names } = setUp();
		const windows = Array.from(
			{ length: 3 },
			() => new ConversationStore(folder),
		);
		await Promise.all(
			windows.flatMap((window, index) => [
				list(window),
				...readableIds.map(async (id) => {
					const { conversation } = await open(window, id);
					assert.ok(conversation);
					const asked = question(`window ${index}`, 100 + index);
					const saved = await window.save(answered(conversation, asked));
					assert.ok(saved.ok, JSON.stringify(saved));
				}),
			]),
		);
		const next = new ConversationStore(folder);
		for (const id of readableIds) {
			const messages = openedBefore(id).conversation?.messages ?? [];
			const { conversation, problem } = await open(next, id);
			assert.equal(problem, null);
			assert.deepEqual(
				conversation?.messages.slice(0, messages.length),
				messages,
			);
			assert.equal(conversation?.messages.length, messages.length + 6);
		}
		assert.deepEqual(
			names().filter((it) => !/\.(json|broken)$/.test(it)),
			["newer.jsonl"],
		);
	});

	it("are merged with what a window saves that has not read them", async () => {
		const { store, file } = setUp();
		const before = openedBefore("windows").conversation;
		assert.ok(before);
		const saved = await store.save({ ...before, title: "mine", messages: [] });
		assert.ok(saved.ok);
		const { conversation } = await open(store, "windows");
		assert.deepEqual(conversation, { ...before, title: "mine" });
		assert.ok(!existsSync(file("windows.jsonl")));
	});

	it("stay where they are while they cannot be converted, and can be read", async () => {
		const { store, file } = setUp();
		// A lock that can neither be taken nor removed.
		mkdirSync(file("torn.json.lock"));
		assert.deepEqual(await open(store, "torn"), {
			...openedBefore("torn"),
			problem: "conversationUnsaved",
		});
		assert.ok(existsSync(file("torn.jsonl")));
		rmSync(file("torn.json.lock"), { recursive: true });
		assert.deepEqual(await open(store, "torn"), openedBefore("torn"));
		assert.ok(!existsSync(file("torn.jsonl")));
	});

	for (const [when, title] of [
		["after", "theirs"],
		["before", "mine"],
	] as const)
		it(`are merged with a converted file when the former version wrote ${when} it`, async () => {
			const { store, folder, file } = setUp();
			const { conversation } = await open(store, "windows");
			assert.ok(conversation);
			const mine = answered(
				{ ...conversation, title: "mine" },
				question("new", 200),
			);
			assert.ok((await store.save(mine)).ok);
			const theirs = readFileSync(
				path.join(fixtures, "windows.jsonl"),
				"utf8",
			).replaceAll('"title":"ask one"', '"title":"theirs"');
			writeFileSync(file("windows.jsonl"), theirs);
			const seconds = Date.now() / 1000 + (when === "after" ? 60 : -60);
			utimesSync(file("windows.jsonl"), seconds, seconds);
			const next = new ConversationStore(folder);
			const listed = await next.list();
			assert.ok(listed.ok);
			assert.equal(
				listed.value.conversations.find(({ id }) => id === "windows")?.title,
				title,
			);
			const both = await open(next, "windows");
			assert.equal(both.conversation?.title, title);
			assert.deepEqual(both.conversation?.messages, mine.messages);
			assert.ok(!existsSync(file("windows.jsonl")));
		});

	it("lose nothing but the torn line, wherever a file is cut", () => {
		for (const id of ["branches", "outdated", "windows"]) {
			const whole = readFileSync(path.join(fixtures, `${id}.jsonl`));
			for (let end = 0; end <= whole.length; end++) {
				const cut = whole.subarray(0, end);
				const parsed = parseJsonLines(cut.toString());
				const lines = cut.toString().split("\n");
				const isAtEnd = end === whole.length || whole[end] === 0x0a;
				const wholeLines = isAtEnd ? lines : lines.slice(0, -1);
				if (wholeLines.length === 0) {
					assert.equal(parsed.kind, "broken");
					continue;
				}
				assert.ok(parsed.kind === "conversation");
				assert.equal(parsed.isDamaged, !isAtEnd && lines.at(-1) !== "");
				const ids = wholeLines.flatMap(
					(it) => JSON.parse(it).message?.id ?? [],
				);
				assert.deepEqual(
					parsed.conversation.messages.map((it) => it.id),
					[...new Set(ids)],
				);
			}
		}
	});
});
