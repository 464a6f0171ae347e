import assert from "node:assert/strict";
import { generate } from "../../../src/engine/generate.ts";
import { KvCache } from "../../../src/engine/kvCache.ts";
import {
	type FakeOptions,
	FakeSequence,
	fakeText,
	fakeTokenize,
	fakeTokens,
	scripted,
} from "../../support/fakeRuntime.ts";

function setUp(options: FakeOptions = {}, contextWindow = 1000) {
	const journal = {
		evaluated: [] as (readonly number[])[],
		truncatedTo: [],
		liveModels: 0,
		liveSequences: 0,
	};
	const cache = new KvCache(
		new FakeSequence(
			contextWindow,
			{ continuation: scripted("abc"), ...options },
			journal,
		),
	);
	const run = async (
		promptText: string,
		{
			maxTokens = 10,
			chunkTokens = 4,
			signal = new AbortController().signal,
		} = {},
	) => {
		const prompt = [...fakeTokenize(promptText), fakeTokens.middle];
		const tokens: number[] = [];
		const loop = generate(cache, prompt, {
			maxTokens,
			chunkTokens,
			isEnd: (token) => token === fakeTokens.endOfText,
			signal,
			now: () => 0,
		});
		let next = await loop.next();
		for (; !next.done; next = await loop.next()) tokens.push(next.value);
		return { text: fakeText(tokens), ...next.value };
	};
	return { cache, journal, run };
}

describe("generate", () => {
	it("prefills in chunks, then decodes one token at a time until the end", async () => {
		const { run, journal } = setUp();
		const { text, stopReason, prefillTokens, decodeTokens, reusedTokens } =
			await run("0123456789");
		assert.equal(text, "abc");
		assert.deepEqual(
			{ stopReason, prefillTokens, decodeTokens, reusedTokens },
			{
				stopReason: "endOfText",
				prefillTokens: 11,
				decodeTokens: 4,
				reusedTokens: 0,
			},
		);
		assert.deepEqual(
			journal.evaluated.map((tokens) => fakeText(tokens)),
			["0123", "4567", "89", "<middle>", "a", "b", "c"],
		);
	});

	it("evaluates only what differs from the last prompt", async () => {
		const { run, journal } = setUp();
		await run("0123456789");
		journal.evaluated.length = 0;
		const { text, reusedTokens, prefillTokens } = await run("0123456789x");
		assert.equal(text, "abc");
		assert.deepEqual([reusedTokens, prefillTokens], [10, 2]);
		assert.equal(fakeText(journal.evaluated[0] ?? []), "x");
	});

	it("gives the same for the same prompt again", async () => {
		const { run } = setUp();
		const first = await run("0123");
		const second = await run("0123");
		assert.equal(second.text, first.text);
		assert.equal(second.reusedTokens, 4);
	});

	it("stops at its limit of tokens", async () => {
		const { text, stopReason } = await setUp().run("01", { maxTokens: 2 });
		assert.deepEqual([text, stopReason], ["ab", "maxTokens"]);
	});

	it("stops where the context window ends", async () => {
		const { text, stopReason } = await setUp({}, 5).run("012");
		assert.deepEqual([text, stopReason], ["ab", "contextFull"]);
	});

	it("stops within one chunk of the prefill, and keeps what was evaluated", async () => {
		const controller = new AbortController();
		const { run, cache } = setUp({
			onEvaluate: (tokens) => {
				if (fakeText(tokens).startsWith("4")) controller.abort();
			},
		});
		const { stopReason, prefillTokens, text } = await run(
			"0123456789",
			controller,
		);
		assert.deepEqual([text, stopReason, prefillTokens], ["", "cancelled", 8]);
		assert.equal(fakeText(cache.tokens), "01234567");
	});

	it("stops within one token of the decoding", async () => {
		const controller = new AbortController();
		const { run } = setUp({
			onEvaluate: (tokens) => {
				if (fakeText(tokens) === "a") controller.abort();
			},
		});
		const { text, stopReason } = await run("0", controller);
		assert.deepEqual([text, stopReason], ["ab", "cancelled"]);
	});
});
