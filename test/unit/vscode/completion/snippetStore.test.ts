import assert from "node:assert/strict";
import { nullLog } from "../../../../src/base/log.ts";
import { SnippetStore } from "../../../../src/vscode/completion/snippetStore.ts";

/** Like the editor's storage: only JSON survives. */
function setUp(initial?: unknown) {
	const stored = new Map<string, string>();
	const key = "headroom.completion.snippets";
	if (initial !== undefined) stored.set(key, JSON.stringify(initial));
	let isWanted = true;
	const memento = {
		keys: () => [...stored.keys()],
		get: (it: string) => {
			const text = stored.get(it);
			return text === undefined ? undefined : JSON.parse(text);
		},
		update: (it: string, value: unknown) => {
			if (value === undefined) stored.delete(it);
			else stored.set(it, JSON.stringify(value));
			return Promise.resolve();
		},
	};
	return {
		session: () =>
			new SnippetStore({ memento, isWanted: () => isWanted, log: nullLog }),
		stored,
		turnOff: () => {
			isWanted = false;
		},
	};
}

const snippets = [{ path: "b.ts", text: "export const b = 1;\n" }];

describe("SnippetStore", () => {
	it("keeps snippets for the next session", () => {
		const it = setUp();
		it.session().write("file:///a.ts", snippets);
		assert.deepEqual(it.session().read("file:///a.ts"), snippets);
		assert.deepEqual(it.session().read("file:///b.ts"), []);
		it.session().write("file:///a.ts", []);
		assert.equal(it.stored.size, 0);
	});

	it("keeps those of 16 documents, the latest", () => {
		const it = setUp();
		const session = it.session();
		for (let i = 0; i < 17; i++) session.write(`file:///${i}.ts`, snippets);
		assert.deepEqual(session.read("file:///0.ts"), []);
		assert.deepEqual(it.session().read("file:///1.ts"), snippets);
	});

	it("ignores what is no list of snippets", () => {
		const it = setUp([{ uri: 1 }]);
		assert.deepEqual(it.session().read("file:///a.ts"), []);
	});

	it("deletes them on request, and where they are turned off", () => {
		const it = setUp();
		const session = it.session();
		session.write("file:///a.ts", snippets);
		session.clear();
		assert.equal(it.stored.size, 0);
		session.write("file:///a.ts", snippets);
		it.turnOff();
		session.clearIfUnwanted();
		session.write("file:///a.ts", snippets);
		assert.equal(it.stored.size, 0);
	});
});
