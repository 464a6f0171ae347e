import assert from "node:assert/strict";
import { logTo } from "../../../../src/base/log.ts";
import { ReferenceTokens } from "../../../../src/engine/speculation/referenceTokens.ts";
import { maxReferenceChars } from "../../../../src/protocol/references.ts";
import { fakeText, fakeTokenize } from "../../../support/fakes/fakeRuntime.ts";

/** A tokenizer that records its input, and deferred work that the test runs. */
function setUp() {
	const tokenized: string[] = [];
	const logged: string[] = [];
	const newModel = (shift = 0) => ({
		tokenize: (text: string) => {
			tokenized.push(text);
			if (text.includes("!")) throw new Error(`what is ${text}`);
			return fakeTokenize(text).map((token) => token + shift);
		},
	});
	let model: ReturnType<typeof newModel> | undefined = newModel();
	let waiting: (() => void)[] = [];
	const references = new ReferenceTokens({
		tokenizer: () => model,
		log: logTo((_, message) => logged.push(message)),
		defer: (work) => waiting.push(work),
	});
	return {
		references,
		tokenized,
		logged,
		load: (shift?: number) => {
			model = newModel(shift);
		},
		unload: () => {
			model = undefined;
		},
		turn: () => {
			const now = waiting;
			waiting = [];
			for (const work of now) work();
			return waiting.length > 0;
		},
		idle() {
			while (this.turn());
		},
		texts: () =>
			references.tokens().map(({ id, tokens }) => `${id}: ${fakeText(tokens)}`),
	};
}

describe("ReferenceTokens", () => {
	it("tokenizes what it received when there is time", () => {
		const it = setUp();
		it.references.receive([
			{ id: "a", text: "one" },
			{ id: "b", text: "two" },
		]);
		assert.deepEqual(it.tokenized, [], "receiving keeps nobody waiting");
		assert.deepEqual(it.texts(), []);
		it.idle();
		assert.deepEqual(it.texts(), ["a: one", "b: two"]);
	});

	it("tokenizes only changed texts, drops missing ones, and keeps the order", () => {
		const it = setUp();
		it.references.receive([
			{ id: "a", text: "one" },
			{ id: "b", text: "two" },
			{ id: "c", text: "three" },
		]);
		it.idle();
		it.tokenized.length = 0;
		it.references.receive([{ id: "c" }, { id: "b", text: "2" }, { id: "d" }]);
		assert.deepEqual(it.texts(), ["c: three", "b: two"], "b as it was");
		it.idle();
		assert.deepEqual(it.texts(), ["c: three", "b: 2"]);
		assert.deepEqual(it.tokenized, ["2"]);
	});

	it("gives the same array as long as nothing changes", () => {
		const it = setUp();
		it.references.receive([{ id: "a", text: "one" }]);
		it.idle();
		const tokens = it.references.tokens();
		assert.equal(it.references.tokens(), tokens);
		it.references.receive([{ id: "a", text: "1" }]);
		it.idle();
		assert.notEqual(it.references.tokens(), tokens);
	});

	for (const [what, text] of [
		["lines", "const x = 1;\n".repeat(5_000)],
		["one long line", "x".repeat(maxReferenceChars)],
	] as const)
		it(`tokenizes ${what} in pieces, with other work in between`, () => {
			const it = setUp();
			it.references.receive([{ id: "a", text }]);
			let turns = 1;
			while (it.turn()) turns++;
			assert.equal(it.tokenized.join(""), text);
			assert.ok(it.tokenized.every((piece) => piece.length <= 4096));
			assert.ok(turns >= it.tokenized.length);
			assert.deepEqual(it.texts(), [`a: ${text}`]);
		});

	it("splits pieces at line ends", () => {
		const it = setUp();
		it.references.receive([{ id: "a", text: "const x = 1;\n".repeat(1_000) }]);
		it.idle();
		assert.ok(it.tokenized.length > 1);
		assert.ok(it.tokenized.every((piece) => piece.endsWith("\n")));
	});

	it("abandons a text that changes meanwhile", () => {
		const it = setUp();
		it.references.receive([{ id: "a", text: "x".repeat(10_000) }]);
		it.turn();
		it.references.receive([{ id: "a", text: "new" }]);
		it.idle();
		assert.deepEqual(it.texts(), ["a: new"]);
		assert.equal(it.tokenized.length, 2);
	});

	it("waits for a model, and tokenizes again for another", () => {
		const it = setUp();
		it.unload();
		it.references.receive([{ id: "a", text: "abc" }]);
		it.idle();
		assert.deepEqual(it.tokenized, []);
		it.load();
		assert.deepEqual(it.texts(), [], "asking sets it off");
		it.idle();
		assert.deepEqual(it.texts(), ["a: abc"]);
		it.load(1);
		assert.deepEqual(it.texts(), [], "words of another model are none");
		it.idle();
		assert.deepEqual(it.texts(), ["a: bcd"]);
		it.unload();
		assert.deepEqual(it.texts(), []);
	});

	it("continues with another model that is loaded meanwhile", () => {
		const it = setUp();
		it.references.receive([{ id: "a", text: "x".repeat(10_000) }]);
		it.turn();
		it.load(1);
		it.idle();
		assert.deepEqual(it.texts(), [`a: ${"y".repeat(10_000)}`]);
	});

	it("skips a text that cannot be tokenized, and does not log it", () => {
		const it = setUp();
		it.references.receive([
			{ id: "private.ts", text: "password!" },
			{ id: "b", text: "two" },
		]);
		it.idle();
		assert.deepEqual(it.texts(), ["b: two"]);
		assert.deepEqual(it.logged, ["a reference could not be tokenized"]);
	});
});
