import assert from "node:assert/strict";
import { KvCache } from "../../../../src/engine/kv/kvCache.ts";
import { VerifyCosts } from "../../../../src/engine/measure/verifyCosts.ts";
import type { Drafter } from "../../../../src/engine/speculation/draft.ts";
import type { TokenReference } from "../../../../src/engine/speculation/lookup.ts";
import {
	type AnswerOptions,
	ModelSpeculation,
	type ModelSpeculationOptions,
} from "../../../../src/engine/speculation/modelSpeculation.ts";
import {
	FakeSequence,
	fakeText,
	fakeTokenize,
} from "../../../support/fakes/fakeRuntime.ts";
import { seededRandom } from "../../../support/seededRandom.ts";
import { HostileDrafter } from "../../../support/sequences/hostileDrafter.ts";

const cacheOf = (cannotRollBack = false) =>
	new KvCache(
		new FakeSequence(
			1000,
			{ cannotRollBack },
			{
				evaluated: [],
				truncatedTo: [],
				checkpoints: [],
				liveModels: 0,
				liveSequences: 0,
			},
		),
	);

const referencesOf = (
	texts: Readonly<Record<string, string>>,
): readonly TokenReference[] =>
	Object.entries(texts).map(([id, text]) => ({
		id,
		tokens: fakeTokenize(text),
	}));

function setUp(given: Partial<ModelSpeculationOptions> = {}) {
	const of = new ModelSpeculation({
		mode: "auto",
		// Verifying is cheap, so every match is verified.
		costs: new VerifyCosts(
			new Map([
				[1, 10],
				[32, 12],
			]),
		),
		draft: undefined,
		chunkTokens: 128,
		now: () => 0,
		...given,
	});
	const answer = (options: Partial<AnswerOptions> = {}) =>
		of.forAnswer({
			kind: "block",
			cache: cacheOf(),
			references: [],
			path: "",
			isSpecial: () => false,
			isLast: () => false,
			...options,
		});
	return {
		answer,
		/** The draft after a text. */
		proposed: async (text: string, options: Partial<AnswerOptions> = {}) => {
			const tokens = fakeTokenize(text);
			const speculation = answer(options);
			speculation?.begin(tokens);
			const { signal } = new AbortController();
			const draft = await speculation?.propose(tokens, 4, signal);
			return draft && fakeText(draft.tokens);
		},
		says: (text: string) => answer()?.append(fakeTokenize(text)),
	};
}

describe("ModelSpeculation", () => {
	it("drafts nothing if it is off or the cache cannot roll back", () => {
		assert.equal(setUp({ mode: "off" }).answer(), undefined);
		assert.equal(setUp().answer({ cache: cacheOf(true) }), undefined);
		assert.ok(setUp().answer());
	});

	it("copies from other files, but not from the completed one", async () => {
		const { proposed } = setUp();
		const references = referencesOf({ a: "0abcdef", b: "1abcxyz" });
		assert.equal(await proposed("abc", { references }), "def");
		assert.equal(await proposed("abc", { references, path: "a" }), "xyz");
		assert.equal(await proposed("abc", { references, path: "b" }), "def");
		assert.equal(await proposed("abc", { references: [] }), undefined);
	});

	it("copies from its last four answers, the most recent first", async () => {
		const { says, proposed } = setUp();
		const answers = [1, 2, 3, 4, 5].map((it) => `all${it}: abc${it}${it}${it}`);
		for (const [index, it] of answers.entries()) {
			says(it);
			const newest = `${index + 1}`.repeat(3);
			assert.equal(await proposed("abc"), newest);
		}
		// One more than are remembered.
		assert.equal(await proposed("ll1: "), undefined);
		assert.equal(await proposed("ll2: "), "abc2");
	});

	it("does not remember an answer of a few tokens", async () => {
		const { says, proposed } = setUp();
		says("abc1234");
		assert.equal(await proposed("abc"), undefined);
		says("abc12345");
		assert.equal(await proposed("abc"), "1234");
	});

	it("prefers an answer to a file", async () => {
		const { says, proposed } = setUp();
		says("abc12345");
		const references = referencesOf({ a: "abcdefgh" });
		assert.equal(await proposed("abc", { references }), "1234");
	});

	it("learns each kind of work separately", async () => {
		const { answer, proposed } = setUp();
		const references = referencesOf({ a: "abcdef" });
		const learning = answer({ kind: "line" });
		assert.ok(learning);
		learning.begin(fakeTokenize("abc"));
		const wrong = {
			source: "lookup",
			tokens: [1],
			evidence: [0],
		} as const;
		for (let i = 0; i < 10; i++) learning.recordStep(wrong, [2], 100);
		assert.equal(
			await proposed("abc", { references, kind: "line" }),
			undefined,
		);
		assert.equal(await proposed("abc", { references, kind: "block" }), "def");
	});

	it("uses the draft model that belongs to the cache", async () => {
		const one = cacheOf();
		const other = cacheOf();
		const says = (text: string) =>
			new HostileDrafter(seededRandom(1), fakeTokenize(text));
		const models = new Map<KvCache, Drafter>([
			[one, says("1")],
			[other, says("2")],
		]);
		const { proposed } = setUp({
			draft: { costs: { tokenMs: 0.01, readMs: 0.01 }, models },
		});
		assert.equal(await proposed("x", { cache: one }), "1111");
		assert.equal(await proposed("x", { cache: other }), "2222");
		assert.equal(await proposed("x"), undefined);
	});

	it("does not use it if only lookup is enabled", async () => {
		const cache = cacheOf();
		const drafter = new HostileDrafter(seededRandom(1), [1]);
		const { proposed } = setUp({
			mode: "lookup",
			draft: {
				costs: { tokenMs: 0.01, readMs: 0.01 },
				models: new Map([[cache, drafter]]),
			},
		});
		assert.equal(await proposed("x", { cache }), undefined);
		assert.equal(drafter.drafts, 0);
	});
});
