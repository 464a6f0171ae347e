import assert from "node:assert/strict";
import {
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
import {
	appendChunk,
	ask,
	createConversation,
	edit,
	finishAnswer,
	regenerate,
	selectBranch,
	stopAnswer,
} from "../../../../src/chat/conversation/conversation.ts";
import { searchFor } from "../../../../src/chat/conversation/search.ts";
import type { Conversation } from "../../../../src/protocol/conversation.ts";
import type { HeadroomError } from "../../../../src/protocol/errors.ts";
import { parseConversation } from "../../../../src/storage/conversations/conversationFile.ts";
import { ConversationStore } from "../../../../src/storage/conversations/conversationStore.ts";
import { answered, question, talk } from "../../../support/conversations.ts";
import { seededRandom } from "../../../support/seededRandom.ts";

describe("ConversationStore", () => {
	const root = mkdtempSync(path.join(os.tmpdir(), "headroom-"));
	after(() => rmSync(root, { recursive: true }));

	function setUp() {
		const folder = path.join(mkdtempSync(path.join(root, "f-")), "new");
		const store = new ConversationStore(folder);
		const file = (id: string) => path.join(folder, `${id}.json`);
		const names = () => readdirSync(folder).sort();
		return { folder, store, file, names };
	}

	async function save(store: ConversationStore, it: Conversation) {
		const saved = await store.save(it);
		assert.ok(saved.ok, JSON.stringify(saved));
	}

	async function open(store: ConversationStore, id: string) {
		const opened = await store.open(id);
		assert.ok(opened.ok, JSON.stringify(opened));
		return opened.value;
	}

	async function list(store: ConversationStore) {
		const listed = await store.list();
		assert.ok(listed.ok, JSON.stringify(listed));
		return listed.value;
	}

	const keptBy = ({ values: { kept = "" } }: HeadroomError) => kept;
	const listedIds = async (store: ConversationStore) =>
		(await list(store)).conversations.map(({ id }) => id);

	it("is empty, and creates no folder, where nothing was saved", async () => {
		const { store, folder } = setUp();
		assert.deepEqual(await list(store), { conversations: [], problems: [] });
		assert.ok((await store.delete("c")).ok);
		assert.ok(!existsSync(folder));
	});

	it("gives back what was saved, whatever happened to it, in this window and the next", async () => {
		for (let seed = 1; seed <= 8; seed++) {
			const { store, folder } = setUp();
			const random = seededRandom(seed);
			let it = createConversation("c", 0);
			for (let step = 0; step < 30; step++) {
				const asked = question(`${step}`, step);
				const any =
					it.messages[Math.floor(random() * it.messages.length)]?.id ?? "";
				const changes: readonly (() => Conversation)[] = [
					() => answered(it, asked),
					() => stopAnswer(edit(it, any, asked), asked.answerId),
					() =>
						finishAnswer(
							regenerate(it, any, asked),
							asked.answerId,
							"maxTokens",
						),
					() => selectBranch(it, any),
				];
				it = changes[Math.floor(random() * changes.length)]?.() ?? it;
				if (random() < 0.6) await save(store, it);
				if (random() < 0.1) await open(store, "c").catch(() => {});
			}
			await save(store, it);
			const next = new ConversationStore(folder);
			assert.deepEqual(await open(next, "c"), {
				conversation: it,
				problem: null,
			});
		}
	});

	it("replaces the file whole, so that it does not grow while an answer streams", async () => {
		const { store, file, names } = setUp();
		let it = ask(createConversation("c", 0), question("one", 1));
		for (let chunk = 0; chunk < 20; chunk++) {
			it = appendChunk(it, "a-one", "text", "word ");
			await save(store, it);
			const text = readFileSync(file("c"), "utf8");
			assert.equal(text.match(/"id":"a-one"/g)?.length, 1);
			assert.equal(parseConversation(text).kind, "conversation");
		}
		assert.deepEqual(names(), ["c.json", "index.json"]);
	});

	it("reads an answer that was streaming as stopped", async () => {
		const { store, folder } = setUp();
		const streaming = appendChunk(
			ask(createConversation("c", 0), question("one", 1)),
			"a-one",
			"text",
			"half",
		);
		await save(store, streaming);
		assert.deepEqual(
			(await open(new ConversationStore(folder), "c")).conversation,
			stopAnswer(streaming, "a-one"),
		);
		const done = finishAnswer(streaming, "a-one", "endOfText");
		await save(store, done);
		assert.deepEqual(
			(await open(new ConversationStore(folder), "c")).conversation,
			done,
		);
	});

	it("lists by time without reading conversations", async () => {
		const { store, folder, file } = setUp();
		await save(store, talk("old", "one"));
		await save(store, talk("new", "one", "two", "three"));
		await save(store, talk("middle", "one", "two"));
		// A whole second is a time that every disk can keep exactly.
		const setTime = (id: string) => utimesSync(file(id), 1, 1);
		for (const id of ["old", "new", "middle"]) setTime(id);
		await list(store);
		for (const id of ["old", "new", "middle"]) {
			// Of the same size and time, but unreadable.
			writeFileSync(file(id), "x".repeat(statSync(file(id)).size));
			setTime(id);
		}
		const { conversations, problems } = await list(
			new ConversationStore(folder),
		);
		assert.deepEqual(
			conversations.map(({ id, title, messageCount, updatedAtMs }) => [
				id,
				title,
				messageCount,
				updatedAtMs,
			]),
			[
				["new", "ask one", 6, 3],
				["middle", "ask one", 4, 2],
				["old", "ask one", 2, 1],
			],
		);
		assert.deepEqual(problems, []);
	});

	const indexes: readonly (readonly [
		name: string,
		text: string | undefined,
	])[] = [
		["is gone", undefined],
		["is cut short", '{"version":1,"conv'],
		["is of the former version", '{"version":1,"conversations":[]}'],
		["is empty", '{"version":2,"entries":[]}'],
		[
			"names what is gone",
			'{"version":2,"entries":[{"summary":{"id":"gone","title":"","createdAtMs":0,"updatedAtMs":0,"messageCount":0},"stamp":{"sizeBytes":1,"modifiedAtMs":1}}]}',
		],
	];
	for (const [name, text] of indexes)
		it(`rebuilds the index where it ${name}`, async () => {
			const { store, folder } = setUp();
			await save(store, talk("b", "one"));
			await save(store, talk("a", "one", "two"));
			const index = path.join(folder, "index.json");
			const before = await list(store);
			if (text === undefined) rmSync(index);
			else writeFileSync(index, text);
			const next = new ConversationStore(folder);
			assert.deepEqual(await list(next), before);
			const rebuilt = readFileSync(index, "utf8");
			assert.match(rebuilt, /"id":"a"/);
			assert.match(rebuilt, /"id":"b"/);
			assert.doesNotMatch(rebuilt, /gone/);
		});

	it("creates files that only the user can read", async function () {
		if (process.platform === "win32") this.skip();
		const { store, folder, names } = setUp();
		await save(store, talk("c", "one"));
		await save(store, talk("c", "one", "two"));
		assert.equal(statSync(folder).mode & 0o777, 0o700);
		assert.deepEqual(names(), ["c.json", "index.json"]);
		for (const name of names())
			assert.equal(statSync(path.join(folder, name)).mode & 0o777, 0o600, name);
	});

	it("keeps the readable messages of a damaged file, and the damaged file aside", async () => {
		const { store, folder, file } = setUp();
		await save(store, talk("c", "one", "two", "three"));
		const damaged = readFileSync(file("c"), "utf8").replace(
			'"role":"user","id":"q-two"',
			'"role":"nobody","id":"q-two"',
		);
		writeFileSync(file("c"), damaged);
		const { conversation, problem } = await open(store, "c");
		// With its replies: none of them has its parent any more.
		assert.deepEqual(conversation.messages, talk("c", "one").messages);
		assert.equal(conversation.leaf, "a-one");
		assert.equal(problem?.code, "conversationDamaged");
		assert.equal(problem && readFileSync(keptBy(problem), "utf8"), damaged);
		assert.deepEqual(await open(new ConversationStore(folder), "c"), {
			conversation,
			problem: null,
		});
	});

	it("saves into a file that was damaged meanwhile, and reports that", async () => {
		for (const [damage, code] of [
			[() => "x", "conversationLost"],
			[(text: string) => text.replace("assistant", "x"), "conversationDamaged"],
		] as const) {
			const { store, file, folder } = setUp();
			await save(store, talk("c", "one"));
			const found = damage(readFileSync(file("c"), "utf8"));
			writeFileSync(file("c"), found);
			const mine = talk("c", "one", "two");
			const saved = await new ConversationStore(folder).save(mine);
			assert.ok(saved.ok);
			const { problem } = saved.value;
			assert.equal(problem?.code, code);
			assert.equal(problem && readFileSync(keptBy(problem), "utf8"), found);
			assert.deepEqual(await open(store, "c"), {
				conversation: mine,
				problem: null,
			});
		}
	});

	it("works without an index where none can be written", async () => {
		const { store, folder } = setUp();
		mkdirSync(path.join(folder, "index.json"), { recursive: true });
		const it = talk("c", "one");
		await save(store, it);
		assert.deepEqual(await listedIds(store), ["c"]);
		assert.deepEqual((await open(store, "c")).conversation, it);
	});

	it("names what is broken in the list, once, and keeps it aside without overwriting what was kept", async () => {
		const { store, folder, file, names } = setUp();
		await save(store, talk("c", "one"));
		for (const text of ["first", "second"]) {
			writeFileSync(file("bad"), text);
			const { conversations, problems } = await list(store);
			assert.deepEqual(
				conversations.map(({ id }) => id),
				["c"],
			);
			assert.deepEqual(
				problems.map(({ code }) => code),
				["conversationLost"],
			);
			assert.deepEqual((await list(store)).problems, []);
		}
		assert.deepEqual(names(), [
			"bad.json.2.broken",
			"bad.json.broken",
			"c.json",
			"index.json",
		]);
		assert.equal(
			readFileSync(path.join(folder, "bad.json.2.broken"), "utf8"),
			"second",
		);
	});

	it("does not touch what a newer version wrote", async () => {
		const { store, file, names } = setUp();
		await save(store, talk("c", "one"));
		const newer = '{"version":3,"what":"else"}';
		writeFileSync(file("c"), newer);
		const next = await store.open("c");
		assert.equal(next.ok ? "" : next.error.code, "conversationNewer");
		const saved = await store.save(talk("c", "one", "two"));
		assert.equal(saved.ok ? "" : saved.error.code, "conversationNewer");
		assert.deepEqual(
			(await list(store)).problems.map(({ code }) => code),
			["conversationNewer"],
		);
		assert.equal(readFileSync(file("c"), "utf8"), newer);
		assert.deepEqual(names(), ["c.json", "index.json"]);
	});

	it("merges what two windows write", async () => {
		const { store: first, folder } = setUp();
		const second = new ConversationStore(folder);
		const start = talk("c", "one");
		await save(first, start);
		const there = (await open(second, "c")).conversation;
		const mine = answered(start, question("mine", 2));
		const theirs = answered(there, question("theirs", 3));
		await Promise.all([save(first, mine), save(second, theirs)]);
		await save(first, answered(mine, question("more", 4)));
		await save(second, talk("d", "one"));
		const { conversation, problem } = await open(
			new ConversationStore(folder),
			"c",
		);
		assert.equal(problem, null);
		assert.equal(conversation.leaf, "a-more");
		assert.deepEqual(conversation.messages.map(({ id }) => id).sort(), [
			"a-mine",
			"a-more",
			"a-one",
			"a-theirs",
			"q-mine",
			"q-more",
			"q-one",
			"q-theirs",
		]);
		assert.deepEqual((await listedIds(first)).sort(), ["c", "d"]);
	});

	it("keeps what another window wrote of a message that did not change here", async () => {
		const { store, folder } = setUp();
		const other = new ConversationStore(folder);
		const streaming = ask(createConversation("c", 0), question("one", 1));
		await save(other, streaming);
		// Here the answer counts as stopped.
		const { conversation } = await open(store, "c");
		const done = finishAnswer(
			appendChunk(streaming, "a-one", "text", "done"),
			"a-one",
			"endOfText",
		);
		await save(other, done);
		await save(store, answered(conversation, question("two", 2)));
		const both = (await open(new ConversationStore(folder), "c")).conversation;
		assert.deepEqual(both, answered(done, question("two", 2)));
	});

	it("merges what many windows write at once, and leaves no lock behind", async () => {
		const { store, folder, names } = setUp();
		const start = talk("c", "one");
		await save(store, start);
		const windows = Array.from(
			{ length: 6 },
			() => new ConversationStore(folder),
		);
		await Promise.all(
			windows.map(async (window, index) => {
				const { conversation } = await open(window, "c");
				const first = answered(conversation, question(`w${index}`, 2));
				await save(window, first);
				await save(window, answered(first, question(`x${index}`, 3)));
			}),
		);
		const { conversation, problem } = await open(store, "c");
		assert.equal(problem, null);
		assert.equal(conversation.messages.length, 2 + 6 * 4);
		assert.deepEqual(names(), ["c.json", "index.json"]);
		assert.equal((await list(store)).conversations[0]?.messageCount, 26);
	});

	it("merges what another window wrote without having read it", async () => {
		const { store, folder } = setUp();
		await save(store, talk("c", "one"));
		const mine = answered(createConversation("c", 0), question("mine", 9));
		await save(new ConversationStore(folder), mine);
		const { conversation } = await open(store, "c");
		assert.deepEqual(
			conversation.messages.map(({ id }) => id),
			["q-one", "a-one", "q-mine", "a-mine"],
		);
		assert.equal(conversation.leaf, "a-mine");
	});

	it("deletes a conversation with what was kept aside of it, and nothing else", async () => {
		const { store, file, names } = setUp();
		await save(store, talk("c", "one"));
		await save(store, talk("cc", "one"));
		writeFileSync(file("c"), "x");
		await store.open("c");
		await save(store, talk("c", "two"));
		assert.ok(names().includes("c.json.broken"));
		assert.ok((await store.delete("c")).ok);
		assert.deepEqual(names(), ["cc.json", "index.json"]);
		assert.deepEqual(await listedIds(store), ["cc"]);
		const gone = await store.open("c");
		assert.equal(gone.ok ? "" : gone.error.code, "conversationUnreadable");
	});

	it("writes a conversation again that another window deleted", async () => {
		const { store, folder } = setUp();
		const it = talk("c", "one");
		await save(store, it);
		await new ConversationStore(folder).delete("c");
		const more = answered(it, question("two", 2));
		await save(store, more);
		assert.deepEqual((await open(store, "c")).conversation, more);
	});

	it("finds in all conversations, the newest first, and reads on only as long as someone takes", async () => {
		const { store, folder, file } = setUp();
		for (let index = 0; index < 20; index++)
			await save(
				store,
				answered(
					createConversation(`c${index}`, 0),
					question(`${index}`, index),
					index % 2 ? "odd one" : "even one",
				),
			);
		writeFileSync(file("c3"), "x".repeat(statSync(file("c3")).size));
		const search = searchFor("odd");
		assert.ok(search);
		const hits: string[] = [];
		for await (const { id } of new ConversationStore(folder).search(search))
			hits.push(id);
		assert.deepEqual(hits, [
			"c19",
			"c17",
			"c15",
			"c13",
			"c11",
			"c9",
			"c7",
			"c5",
			"c1",
		]);
		let looked = 0;
		for await (const _ of store.search((it) => {
			looked++;
			return it;
		}))
			break;
		assert.ok(looked <= 8);
	});

	for (const id of ["../c", "", "a/b", "a.b", "x".repeat(65), "index"])
		it(`rejects an id that is not a plain name: ${JSON.stringify(id.slice(0, 9))}`, async () => {
			const { store, folder } = setUp();
			const saved = await store.save(talk(id, "one"));
			assert.equal(saved.ok ? "" : saved.error.code, "conversationUnsaved");
			const opened = await store.open(id);
			assert.equal(
				opened.ok ? "" : opened.error.code,
				"conversationUnreadable",
			);
			assert.ok(!existsSync(folder));
		});

	it("reports why it cannot write or read", async () => {
		const { store, file, folder } = setUp();
		writeFileSync(folder, "");
		const blocked = await store.save(talk("c", "one"));
		assert.equal(blocked.ok ? "" : blocked.error.code, "conversationUnsaved");
		const listed = await store.list();
		assert.equal(listed.ok ? "" : listed.error.code, "historyUnreadable");
		rmSync(folder);
		mkdirSync(file("c"), { recursive: true });
		const opened = await store.open("c");
		assert.equal(opened.ok ? "" : opened.error.code, "conversationUnreadable");
		assert.deepEqual(
			(await list(store)).problems.map(({ code }) => code),
			["conversationUnreadable"],
		);
	});
});
