import assert from "node:assert/strict";
import { KvCache } from "../../../../src/engine/kv/kvCache.ts";
import { KvCachePool } from "../../../../src/engine/kv/kvCachePool.ts";
import {
	FakeSequence,
	fakeTokenize,
} from "../../../support/fakes/fakeRuntime.ts";

/** A pool, and what its caches have evaluated. */
function pool(count = 3) {
	const journal = {
		evaluated: [],
		truncatedTo: [],
		checkpoints: [],
		liveModels: 0,
		liveSequences: 0,
	};
	const caches = Array.from(
		{ length: count },
		() => new KvCache(new FakeSequence(10_000, {}, journal)),
	);
	const chooser = new KvCachePool(caches);
	/** @returns which cache evaluated it, and how many tokens that took. */
	const evaluate = async (
		stable: string,
		typed: string,
		{ path = "a", isInAdvance = false } = {},
	) => {
		const tokens = fakeTokenize(stable + typed);
		const stableTokens = fakeTokenize(stable).length;
		const cache = chooser.chooseFor({
			tokens,
			headTokens: 0,
			stableTokens,
			path,
			isInAdvance,
		});
		const kept = await cache.reusePrefix(tokens);
		await cache.append(tokens.slice(kept), 0);
		return [caches.indexOf(cache), tokens.length - kept] as const;
	};
	return { evaluate };
}

const ahead = { isInAdvance: true };
const above = "the lines above, which are many\n".repeat(10);
const more = "and more of them\n".repeat(10);

describe("KvCachePool", () => {
	it("prepares a frame beside the one that is typed into, and then alternates", async () => {
		const { evaluate } = pool();
		const [typedInto] = await evaluate(`${above}|below`, "foo");
		const [prepared] = await evaluate(`${above}${more}|below`, "", ahead);
		assert.notEqual(prepared, typedInto);
		assert.deepEqual(await evaluate(`${above}|below`, "foob"), [typedInto, 1]);
		assert.deepEqual(await evaluate(`${above}${more}|below`, "x"), [
			prepared,
			1,
		]);
		const [next, tokens] = await evaluate(
			`${above}${more}${more}|below`,
			"",
			ahead,
		);
		assert.equal(next, typedInto);
		assert.equal(
			tokens,
			fakeTokenize(`${more}${more}|below`).length,
			"it holds the lines above already",
		);
		assert.deepEqual(await evaluate(`${above}${more}|below`, "xy"), [
			prepared,
			1,
		]);
	});

	it("prepares again where it prepared before, if nothing was typed there", async () => {
		const { evaluate } = pool();
		const [typedInto] = await evaluate(`${above}|below`, "foo");
		const [prepared] = await evaluate(`${above}x|below`, "", ahead);
		for (const stable of ["y|below", "entirely different"])
			assert.equal((await evaluate(stable, "", ahead))[0], prepared);
		assert.deepEqual(await evaluate(`${above}|below`, "foob"), [typedInto, 1]);
	});

	it("evaluates what may be typed next in the frame where it will be typed", async () => {
		const { evaluate } = pool();
		const [typedInto] = await evaluate(`${above}|below`, "foo");
		assert.deepEqual(await evaluate(`${above}|below`, "foobar", ahead), [
			typedInto,
			3,
		]);
		const [prepared] = await evaluate(`${above}x|below`, "", ahead);
		assert.notEqual(prepared, typedInto, "it is still one that is typed into");
	});

	it("keeps the frame that was left, where another of the file holds as much", async () => {
		const { evaluate } = pool();
		const [first] = await evaluate(`${above}${more}1|below`, "foo");
		const [second] = await evaluate(`${above}${more}2|below`, "", ahead);
		assert.deepEqual(await evaluate(`${above}${more}2|below`, "x"), [
			second,
			1,
		]);
		const [jumped] = await evaluate(`${above}|more below`, "y");
		assert.equal(jumped, first);
		assert.deepEqual(await evaluate(`${above}${more}2|below`, "xy"), [
			second,
			1,
		]);
	});

	it("answers a user who waits with the longest part, whatever is lost", async () => {
		const { evaluate } = pool();
		const [only] = await evaluate(`${above}|below`, "foo");
		assert.deepEqual(await evaluate(`${above}${more}|below`, ""), [
			only,
			fakeTokenize(`${more}|below`).length,
		]);
	});

	it("takes the least recently used cache for a new file", async () => {
		const { evaluate } = pool();
		const [first] = await evaluate("first file|", "", { path: "a" });
		const [second] = await evaluate("2nd|", "", { path: "b" });
		const [third] = await evaluate("another|", "", { path: "c" });
		assert.deepEqual([first, second, third].toSorted(), [0, 1, 2]);
		assert.deepEqual(await evaluate("first file|", "x", { path: "a" }), [
			first,
			1,
		]);
		const [fourth] = await evaluate("4th", "", { path: "d" });
		assert.equal(fourth, second, "the least recently used");
	});

	it("works with one cache", async () => {
		const { evaluate } = pool(1);
		for (const options of [{}, ahead])
			for (const stable of [`${above}|below`, `${above}${more}|below`, "x"])
				assert.equal((await evaluate(stable, "", options))[0], 0);
	});
});
