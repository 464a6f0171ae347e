import assert from "node:assert/strict";
import { KvCache } from "../../../../src/engine/kv/kvCache.ts";
import type { DraftingOptions } from "../../../../src/engine/speculation/draft.ts";
import { DraftModel } from "../../../../src/engine/speculation/draftModel.ts";
import { probabilityEvidence } from "../../../../src/engine/speculation/evidence.ts";
import {
	type FakeOptions,
	FakeSequence,
	fakeText,
	fakeTokenize,
} from "../../../support/fakes/fakeRuntime.ts";

/** Drafts the alphabet, with decreasing confidence. */
const alphabet = (tokens: readonly number[]) => {
	const next = (tokens.at(-1) ?? 0) + 1;
	const sure = next > 101 ? 0.4 : 0.95;
	return new Map([
		[next, sure],
		[33, (1 - sure) / 2],
	]);
};

function setUp({
	contextWindow = 100,
	sharedTokens = 1000,
	...options
}: FakeOptions & { contextWindow?: number; sharedTokens?: number } = {}) {
	const journal = {
		evaluated: [] as (readonly number[])[],
		truncatedTo: [],
		checkpoints: [],
		liveModels: 0,
		liveSequences: 0,
	};
	const cache = new KvCache(
		new FakeSequence(
			contextWindow,
			{ distribution: alphabet, ...options },
			journal,
		),
	);
	const model = new DraftModel(cache, sharedTokens);
	let nowMs = 0;
	const took: number[] = [];
	return {
		cache,
		model,
		took,
		/** The evaluations since the last call. */
		evaluated: () => journal.evaluated.splice(0).map((it) => fakeText(it)),
		draft: async (text: string, given: Partial<DraftingOptions> = {}) => {
			const draft = await model.draft(fakeTokenize(text), {
				maxTokens: 4,
				chunkTokens: 4,
				shouldContinue: () => true,
				onTokenMs: (ms) => took.push(ms),
				now: () => nowMs++,
				signal: new AbortController().signal,
				...given,
			});
			return draft && { ...draft, text: fakeText(draft.tokens) };
		},
	};
}

const reading = { chunkTokens: 4, signal: new AbortController().signal };

describe("DraftModel", () => {
	it("drafts the argmax, with its probability as evidence", async () => {
		const drafted = await setUp().draft("xyzabc");
		assert.equal(drafted?.text, "defg");
		assert.equal(drafted?.source, "model");
		assert.deepEqual(
			drafted?.evidence,
			[0.95, 0.95, 0.4, 0.4].map(probabilityEvidence),
		);
	});

	it("prefills in chunks, and only new tokens", async () => {
		const { draft, evaluated, model } = setUp();
		await draft("0123456789");
		assert.deepEqual(evaluated(), ["0123", "4567", "8", "9", ":", ";", "<"]);
		assert.equal(model.unreadTokens(fakeTokenize("0123456789:;a")), 1);
		await draft("0123456789:;a");
		assert.deepEqual(evaluated(), ["a", "b", "c", "d"]);
		assert.equal(model.unreadTokens(fakeTokenize("0123x")), 1);
		await draft("0123x");
		assert.deepEqual(evaluated(), ["x", "y", "z", "{"]);
	});

	it("prefills up to the given end", async () => {
		const { model, evaluated, cache } = setUp();
		const text = fakeTokenize("0123456789");
		await model.read(text, 6, reading);
		assert.deepEqual(evaluated(), ["0123", "45"]);
		await model.read(text, 6, reading);
		await model.read(text, 4, reading);
		assert.deepEqual(evaluated(), []);
		await model.read(text, 9, reading);
		assert.deepEqual(evaluated(), ["678"]);
		assert.equal(fakeText(cache.tokens), "012345678");
	});

	it("reports the decode time of tokens, without prefill", async () => {
		const { draft, took } = setUp();
		await draft("abc", { maxTokens: 3 });
		assert.deepEqual(took, [1, 1, 1]);
		took.length = 0;
		await draft("abcxyz", { maxTokens: 1, chunkTokens: 1 });
		assert.deepEqual(took, [1]);
	});

	for (const [what, text, options, sharedTokens, expected] of [
		["as many tokens as requested", "a", { maxTokens: 2 }, 1000, "bc"],
		["nothing if none are requested", "a", { maxTokens: 0 }, 1000, undefined],
		[
			"only while that pays",
			"a",
			{ shouldContinue: (it: readonly number[]) => it.length < 3 },
			1000,
			"bcd",
		],
		[
			"nothing if it does not pay",
			"a",
			{ shouldContinue: () => false },
			1000,
			undefined,
		],
		["no token outside of the shared vocabulary", "a", {}, 100, "bc"],
		["nothing if that is the first", "c", {}, 100, undefined],
		["nothing after such a token", "dab", {}, 100, undefined],
		["no more than fit in its context", `${"x".repeat(97)}a`, {}, 1000, "bc"],
		["nothing without room", `${"x".repeat(99)}a`, {}, 1000, undefined],
		[
			"nothing for a text that is too long",
			"x".repeat(120),
			{},
			1000,
			undefined,
		],
	] as const)
		it(`says ${what}`, async () =>
			assert.equal(
				(await setUp({ sharedTokens }).draft(text, options))?.text,
				expected,
			));

	it("skips texts with tokens outside of the shared vocabulary", async () => {
		const { model, evaluated } = setUp({ sharedTokens: 100 });
		await model.read(fakeTokenize("abcx"), 2, reading);
		await model.read(fakeTokenize("a".repeat(100)), 50, reading);
		assert.deepEqual(evaluated(), []);
	});

	for (const [at, evaluations, expected] of [
		["0123", ["0123"], undefined],
		["8", ["0123", "4567", "8"], undefined],
		["9", ["0123", "4567", "8", "9"], ":"],
		[":", ["0123", "4567", "8", "9", ":"], ":;"],
	] as const)
		it(`ends with the evaluation of ${at} when aborted there`, async () => {
			const controller = new AbortController();
			const { draft, evaluated, cache } = setUp({
				onEvaluate: (tokens) => {
					if (fakeText(tokens) === at) controller.abort();
				},
			});
			const drafted = await draft("0123456789", {
				signal: controller.signal,
			});
			assert.equal(drafted?.text, expected);
			assert.deepEqual(evaluated(), evaluations);
			assert.equal(fakeText(cache.tokens), evaluations.join(""));
		});

	it("stops prefill when aborted", async () => {
		const controller = new AbortController();
		const { model, cache } = setUp({ onEvaluate: () => controller.abort() });
		const options = { chunkTokens: 4, signal: controller.signal };
		await model.read(fakeTokenize("0123456789"), 9, options);
		assert.equal(fakeText(cache.tokens), "0123");
	});

	it("restarts with an empty cache after a failed evaluation", async () => {
		let fails = true;
		const { draft, evaluated } = setUp({
			onEvaluate: (tokens) => {
				if (fails && fakeText(tokens) === "4567") throw new Error("lost");
			},
		});
		await assert.rejects(draft("0123456789"), /lost/);
		fails = false;
		evaluated();
		assert.equal((await draft("0123456789", { maxTokens: 1 }))?.text, ":");
		assert.deepEqual(evaluated(), ["0123", "4567", "8", "9"]);
	});
});
