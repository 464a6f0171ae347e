import assert from "node:assert/strict";
import {
	KvCache,
	longestCommonPrefix,
} from "../../../../src/engine/kv/kvCache.ts";
import {
	FakeSequence,
	fakeTokenize,
} from "../../../support/fakes/fakeRuntime.ts";

const journal = () => ({
	evaluated: [],
	truncatedTo: [] as number[],
	checkpoints: [],
	liveModels: 0,
	liveSequences: 0,
});

describe("longestCommonPrefix", () => {
	for (const [a, b, length] of [
		["", "", 0],
		["abc", "abc", 3],
		["abc", "abd", 2],
		["abc", "ab", 2],
		["xbc", "abc", 0],
	] as const)
		it(`of "${a}" and "${b}" is ${length}`, () =>
			assert.equal(
				longestCommonPrefix(fakeTokenize(a), fakeTokenize(b)),
				length,
			));
});

describe("KvCache", () => {
	it("keeps the common prefix, and drops the rest", async () => {
		const sequence = new FakeSequence(100, {}, journal());
		const cache = new KvCache(sequence);
		await cache.append(fakeTokenize("hello world"), 0);
		assert.equal(await cache.reusePrefix(fakeTokenize("hello there")), 6);
		assert.deepEqual(sequence.tokens, fakeTokenize("hello "));
		assert.deepEqual(cache.tokens, sequence.tokens);
	});

	it("never keeps the last token of a prompt, which must be evaluated", async () => {
		const cache = new KvCache(new FakeSequence(100, {}, journal()));
		await cache.append(fakeTokenize("same"), 0);
		assert.equal(await cache.reusePrefix(fakeTokenize("same")), 3);
	});

	it("does not touch the sequence if everything is shared", async () => {
		const log = journal();
		const cache = new KvCache(new FakeSequence(100, {}, log));
		await cache.append(fakeTokenize("ab"), 0);
		await cache.reusePrefix(fakeTokenize("abc"));
		assert.deepEqual(log.truncatedTo, []);
	});

	it("tracks a state that rolls back to a checkpoint", async () => {
		const sequence = new FakeSequence(100, { cannotRollBack: true }, journal());
		const cache = new KvCache(sequence);
		await cache.append(fakeTokenize("hello world"), 0);
		assert.equal(await cache.reusePrefix(fakeTokenize("hello there")), 0);
		assert.deepEqual(cache.tokens, []);
		await cache.append(fakeTokenize("hello"), 0);
		assert.equal(await cache.reusePrefix(fakeTokenize("hello there")), 5);
	});

	it("restarts with an empty cache after a failed evaluation", async () => {
		let fails = false;
		const log = journal();
		const sequence = new FakeSequence(
			100,
			{
				onEvaluate: () => {
					if (fails) throw new Error("device lost");
				},
			},
			log,
		);
		const cache = new KvCache(sequence);
		await cache.append(fakeTokenize("abc"), 0);
		fails = true;
		await assert.rejects(cache.append(fakeTokenize("d"), 0), /device lost/);
		assert.equal(await cache.reusePrefix(fakeTokenize("abcd")), 0);
		assert.deepEqual(log.truncatedTo, [0]);
		assert.deepEqual(cache.tokens, []);
	});

	it("rolls back to any length, and never grows by that", async () => {
		const log = journal();
		const cache = new KvCache(new FakeSequence(100, {}, log));
		await cache.append(fakeTokenize("abcd"), 0);
		await cache.rollBackTo(4);
		await cache.rollBackTo(7);
		assert.deepEqual(log.truncatedTo, []);
		await cache.rollBackTo(2);
		assert.deepEqual(cache.tokens, fakeTokenize("ab"));
	});

	it("does not roll back while its content is unknown", async () => {
		let fails = false;
		const log = journal();
		const onEvaluate = () => {
			if (fails) throw new Error("device lost");
		};
		const cache = new KvCache(new FakeSequence(100, { onEvaluate }, log));
		await cache.append(fakeTokenize("abc"), 0);
		fails = true;
		await assert.rejects(cache.predict(fakeTokenize("d"), 1), /device lost/);
		await cache.rollBackTo(2);
		assert.deepEqual(log.truncatedTo, []);
		assert.equal(await cache.reusePrefix(fakeTokenize("abcd")), 0);
	});

	it("keeps nothing of a prompt without tokens", async () => {
		const cache = new KvCache(new FakeSequence(100, {}, journal()));
		assert.equal(await cache.reusePrefix([]), 0);
		await cache.append(fakeTokenize("abc"), 0);
		assert.equal(await cache.reusePrefix([]), 0);
	});
});
