import assert from "node:assert/strict";
import { ContextStore } from "../../../../src/completion/context/contextStore.ts";
import { RepositoryContext } from "../../../../src/completion/context/repositoryContext.ts";
import type { Snippet } from "../../../../src/protocol/generation.ts";
import { at } from "../../../support/cursor.ts";

const remembered = [
	{ path: "b.ts", text: "export const b = 1;\n" },
	{ path: "c.ts", text: "export const c = 1;\n" },
];

function setUp(ignored: readonly string[] = []) {
	const written = new Map<string, readonly Snippet[]>();
	const store = new ContextStore(() => true);
	const context = new RepositoryContext({
		store,
		memory: {
			read: (uri) => (uri === snapshot.uri ? remembered : []),
			write: (uri, snippets) => written.set(uri, snippets),
		},
		mayShow: (path) => !ignored.includes(path),
		repositoryOf: () => "",
		budgetTokens: () => 512,
	});
	return { context, written };
}
const snapshot = at("const a = █;\n");

describe("RepositoryContext", () => {
	it("begins with the snippets of the last session", () => {
		const { context } = setUp();
		assert.deepEqual(context.snippetsFor(snapshot.uri), remembered);
		assert.deepEqual(context.snippetsFor("file:///other.ts"), []);
	});

	it("does not show a file any more that is ignored or secret now", () => {
		const { context } = setUp(["c.ts"]);
		assert.deepEqual(context.snippetsFor(snapshot.uri), []);
	});

	it("drops them in a pause where nothing shows that they are still there", () => {
		const { context, written } = setUp();
		const proposed = context.propose(snapshot);
		assert.deepEqual(proposed.snippets, []);
		assert.deepEqual(
			context.snippetsFor(snapshot.uri),
			remembered,
			"not before the engine has evaluated another prompt",
		);
		context.accept(snapshot.uri, proposed);
		assert.deepEqual(context.snippetsFor(snapshot.uri), []);
		assert.deepEqual([...written], [[snapshot.uri, []]]);
	});
});
