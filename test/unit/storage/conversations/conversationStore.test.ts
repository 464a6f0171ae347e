import assert from "node:assert/strict";
import {
	appendFileSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import {
	appended,
	ask,
	createConversation,
	edit,
	finished,
	regenerate,
	selectBranch,
	stopped,
} from "../../../../src/chat/conversation/conversation.ts";
import { searchFor } from "../../../../src/chat/conversation/search.ts";
import type { Conversation } from "../../../../src/protocol/conversation.ts";
import type { HeadroomError } from "../../../../src/protocol/errors.ts";
import { ConversationStore } from "../../../../src/storage/conversations/conversationStore.ts";
import { answered, question, talk } from "../../../support/conversations.ts";
import { seededRandom } from "../../../support/seededRandom.ts";

describe("ConversationStore", () => {
	const root = mkdtempSync(path.join(os.tmpdir(), "headroom-"));
	after(() => rmSync(root, { recursive: true }));

	function setUp() {
		const folder = path.join(mkdtempSync(path.join(root, "f-")), "new");
		const store = new ConversationStore(folder);
		const file = (id: string) => path.join(folder, `${id}.jsonl`);
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

	it("is empty where nothing was kept yet, and makes no folder for that", async () => {
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
					() => stopped(edit(it, any, asked), asked.answerId),
					() =>
						finished(regenerate(it, any, asked), asked.answerId, "maxTokens"),
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

	it("appends what changed, and no more", async () => {
		const { store, file } = setUp();
		let it = talk("c", "one");
		await save(store, it);
		const before = readFileSync(file("c"), "utf8");
		it = answered(it, question("two", 2));
		await save(store, it);
		const after = readFileSync(file("c"), "utf8");
		assert.ok(after.startsWith(before));
		assert.equal(
			after.slice(before.length).match(/"kind":"message"/g)?.length,
			2,
		);
		await save(store, it);
		assert.equal(readFileSync(file("c"), "utf8"), after);
	});

	it("writes a file anew where most of it is outdated", async () => {
		const { store, folder, file } = setUp();
		let it = ask(createConversation("c", 0), question("one", 1));
		for (let piece = 0; piece < 100; piece++) {
			it = appended(it, "a-one", "text", "word ");
			await save(store, it);
		}
		const sizeBytes = statSync(file("c")).size;
		it = finished(it, "a-one", "endOfText");
		await save(store, it);
		const next = new ConversationStore(folder);
		assert.deepEqual((await open(next, "c")).conversation, it);
		assert.ok(statSync(file("c")).size < sizeBytes / 10);
		// The window that made it goes on with the new file.
		it = answered(it, question("two", 2));
		await save(store, it);
		assert.deepEqual((await open(next, "c")).conversation, it);
	});

	it("takes an answer that was streaming for a stopped one", async () => {
		const { store, folder } = setUp();
		const streaming = appended(
			ask(createConversation("c", 0), question("one", 1)),
			"a-one",
			"text",
			"half",
		);
		await save(store, streaming);
		assert.deepEqual(
			(await open(new ConversationStore(folder), "c")).conversation,
			stopped(streaming, "a-one"),
		);
		const done = finished(streaming, "a-one", "endOfText");
		await save(store, done);
		assert.deepEqual(
			(await open(new ConversationStore(folder), "c")).conversation,
			done,
		);
	});

	it("lists by time and reads no file for that", async () => {
		const { store, folder, file } = setUp();
		await save(store, talk("old", "one"));
		await save(store, talk("new", "one", "two", "three"));
		await save(store, talk("middle", "one", "two"));
		for (const id of ["old", "new", "middle"]) {
			const { size } = statSync(file(id));
			// Of the same size, but nothing that could be read.
			writeFileSync(file(id), "x".repeat(size));
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
		["is of another version", '{"version":2,"conversations":[]}'],
		["is empty", '{"version":1,"conversations":[]}'],
		[
			"names what is gone",
			'{"version":1,"conversations":[{"id":"gone","title":"","createdAtMs":0,"updatedAtMs":0,"messageCount":0,"sizeBytes":1}]}',
		],
	];
	for (const [name, text] of indexes)
		it(`makes the index again where it ${name}`, async () => {
			const { store, folder } = setUp();
			await save(store, talk("b", "one"));
			await save(store, talk("a", "one", "two"));
			const index = path.join(folder, "index.json");
			const before = await list(store);
			if (text === undefined) rmSync(index);
			else writeFileSync(index, text);
			const next = new ConversationStore(folder);
			assert.deepEqual(await list(next), before);
			assert.match(readFileSync(index, "utf8"), /"id":"a".*"id":"b"/);
		});

	it("keeps files from others", async function () {
		if (process.platform === "win32") this.skip();
		const { store, folder, names } = setUp();
		await save(store, talk("c", "one"));
		await save(store, talk("c", "one", "two"));
		assert.equal(statSync(folder).mode & 0o777, 0o700);
		assert.deepEqual(names(), ["c.jsonl", "index.json"]);
		for (const name of names())
			assert.equal(statSync(path.join(folder, name)).mode & 0o777, 0o600, name);
	});

	it("loses nothing of a file that is cut at any byte", async () => {
		const { store, folder, file, names } = setUp();
		let it = createConversation("c", 0);
		for (const name of ["one", "zwei ä", "three 👩"]) {
			it = answered(it, question(name, 1));
			await save(store, it);
		}
		const whole = readFileSync(file("c"));
		rmSync(path.join(folder, "index.json"));
		for (let end = 0; end < whole.length; end++) {
			const cut = whole.subarray(0, end);
			writeFileSync(file("c"), cut);
			const opened = await new ConversationStore(folder).open("c");
			if (opened.ok) {
				const { conversation, problem } = opened.value;
				assert.deepEqual(
					conversation.messages,
					it.messages.slice(0, conversation.messages.length),
				);
				const lines = cut.toString().split("\n");
				const isWhole = whole[end] === 0x0a;
				const counted = isWhole ? lines : lines.slice(0, -1);
				assert.equal(
					conversation.messages.length,
					counted.filter((line) => line.includes('"kind":"message"')).length,
				);
				assert.equal(
					problem?.code,
					isWhole || cut.at(-1) === 0x0a ? undefined : "conversationDamaged",
				);
				if (problem) {
					assert.deepEqual(readFileSync(keptBy(problem)), cut);
					// Mended: the next window finds nothing wrong.
					const next = await open(new ConversationStore(folder), "c");
					assert.deepEqual(next, { conversation, problem: null });
				}
			} else {
				assert.equal(opened.error.code, "conversationLost");
				assert.deepEqual(readFileSync(keptBy(opened.error)), cut);
				assert.ok(!existsSync(file("c")));
			}
			for (const name of names())
				if (name.endsWith(".broken")) rmSync(path.join(folder, name));
		}
	});

	it("goes on behind a line that was cut short by another window", async () => {
		const { store, folder, file } = setUp();
		const it = talk("c", "one");
		await save(store, it);
		appendFileSync(file("c"), '\n{"kind":"mess');
		const more = answered(it, question("two", 2));
		await save(store, more);
		const { conversation, problem } = await open(
			new ConversationStore(folder),
			"c",
		);
		assert.deepEqual(conversation, more);
		assert.equal(problem?.code, "conversationDamaged");
	});

	it("saves into a file that was spoilt meanwhile, and says so", async () => {
		for (const [text, code] of [
			["x", "conversationLost"],
			["\n{", "conversationDamaged"],
		] as const) {
			const { store, file, folder } = setUp();
			await save(store, talk("c", "one"));
			const found = `${text === "x" ? "" : readFileSync(file("c"), "utf8")}${text}`;
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

	it("goes on without an index where none can be written", async () => {
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
			"bad.jsonl.2.broken",
			"bad.jsonl.broken",
			"c.jsonl",
			"index.json",
		]);
		assert.equal(
			readFileSync(path.join(folder, "bad.jsonl.2.broken"), "utf8"),
			"second",
		);
	});

	it("leaves alone what a newer version wrote", async () => {
		const { store, file, names } = setUp();
		await save(store, talk("c", "one"));
		const newer = '{"kind":"conversation","version":2,"what":"else"}';
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
		assert.deepEqual(names(), ["c.jsonl", "index.json"]);
	});

	it("brings together what two windows write", async () => {
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

	it("does not lose what another window wrote when it has not read it", async () => {
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
		appendFileSync(file("c"), "\n{");
		await open(store, "c");
		assert.ok(names().includes("c.jsonl.broken"));
		assert.ok((await store.delete("c")).ok);
		assert.deepEqual(names(), ["cc.jsonl", "index.json"]);
		assert.deepEqual(await listedIds(store), ["cc"]);
		const gone = await store.open("c");
		assert.equal(gone.ok ? "" : gone.error.code, "conversationUnreadable");
	});

	it("has a conversation again that another window deleted, when it is saved", async () => {
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

	for (const id of ["../c", "", "a/b", "a.b", "x".repeat(65)])
		it(`takes no name that leads elsewhere: ${JSON.stringify(id.slice(0, 9))}`, async () => {
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

	it("says why it cannot write or read", async () => {
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
