import assert from "node:assert/strict";
import { generate } from "../../../../src/engine/decode/generate.ts";
import { VocabularyIndex } from "../../../../src/engine/decode/vocabularyIndex.ts";
import { KvCache } from "../../../../src/engine/kv/kvCache.ts";
import type { Drafter } from "../../../../src/engine/speculation/draft.ts";
import { Lookup } from "../../../../src/engine/speculation/lookup.ts";
import { Speculation } from "../../../../src/engine/speculation/speculation.ts";
import {
	type FakeOptions,
	FakeSequence,
	fakeText,
	fakeTokenize,
	fakeTokens,
	scripted,
} from "../../../support/fakes/fakeRuntime.ts";
import { HookedSequence } from "../../../support/sequences/hookedSequence.ts";
import { HostileDrafter } from "../../../support/sequences/hostileDrafter.ts";
import { VerifyingAll } from "../../../support/sequences/verifyingAll.ts";

function setUp(options: FakeOptions = {}, contextWindow = 1000) {
	const journal = {
		evaluated: [] as (readonly number[])[],
		truncatedTo: [],
		checkpoints: [] as number[],
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
			checkpoints = [] as number[],
			heldBack = "",
			rank = 0,
			isText = false,
			vocabulary = {},
			speculation,
		}: {
			maxTokens?: number;
			chunkTokens?: number;
			signal?: AbortSignal;
			checkpoints?: number[];
			heldBack?: string;
			rank?: number;
			isText?: boolean;
			/** Tokens by their texts. */
			vocabulary?: Readonly<Record<string, number>>;
			speculation?: Speculation;
		} = {},
	) => {
		const prompt = [...fakeTokenize(promptText), fakeTokens.middle];
		const tokens: number[] = [];
		const loop = generate(cache, prompt, {
			maxTokens,
			chunkTokens,
			checkpoints,
			start: {
				heldBack,
				rank,
				isText,
				vocabulary: new VocabularyIndex(
					Object.entries(vocabulary).map(([text, token]) => [token, text]),
					[fakeTokens.endOfText],
				),
				textOf: (token) =>
					Object.entries(vocabulary).find(([, it]) => it === token)?.[0] ??
					fakeText([token]),
			},
			speculation,
			isEnd: (token) => token === fakeTokens.endOfText,
			signal,
			now: () => 0,
		});
		let next = await loop.next();
		for (; !next.done; next = await loop.next()) tokens.push(next.value.token);
		return { text: fakeText(tokens), tokens, ...next.value };
	};
	return { cache, journal, run };
}

const speculationOf = (draftModel?: Drafter) =>
	new Speculation({
		mode: "auto",
		controller: new VerifyingAll(),
		lookup: new Lookup(),
		draftModel,
		isSpecial: (token) => Object.values<number>(fakeTokens).includes(token),
		isLast: () => false,
		chunkTokens: 4,
		now: () => 0,
	});

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

	it("gives the same tokens for the same prompt", async () => {
		const { run } = setUp();
		const first = await run("0123");
		const second = await run("0123");
		assert.equal(second.text, first.text);
		assert.equal(second.reusedTokens, 4);
	});

	it("stops at the limit of tokens", async () => {
		const { text, stopReason } = await setUp().run("01", { maxTokens: 2 });
		assert.deepEqual([text, stopReason], ["ab", "maxTokens"]);
	});

	it("stops when the context window is full", async () => {
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

	it("stops within one decode step", async () => {
		const controller = new AbortController();
		const { run } = setUp({
			onEvaluate: (tokens) => {
				if (fakeText(tokens) === "a") controller.abort();
			},
		});
		const { text, stopReason } = await run("0", controller);
		assert.deepEqual([text, stopReason], ["ab", "cancelled"]);
	});

	it("repeats held-back text in tokens of its own choice", async () => {
		const whole = 0x2460;
		const vocabulary = { r: 1, re: 2, ret: 3, return: whole, x: 5 };
		const { run } = setUp({
			continuation: (soFar) =>
				soFar.endsWith("<middle>") ? String.fromCodePoint(whole) : "",
		});
		const { tokens, stopReason } = await run("01", {
			heldBack: "retu",
			vocabulary,
		});
		assert.deepEqual(tokens, [whole]);
		assert.equal(stopReason, "endOfText");
	});

	it("repeats held-back text in several tokens", async () => {
		const vocabulary = { r: 0x72, et: 0x2461, u: 0x75, urn: 0x2462 };
		const { run } = setUp({
			// Unconstrained, it would generate something else.
			continuation: () => "z",
			alternatives: [0x2462, 0x2461, 0x72],
		});
		const { tokens } = await run("01", {
			heldBack: "retu",
			vocabulary,
			maxTokens: 4,
		});
		assert.deepEqual(tokens, [0x72, 0x2461, 0x2462, 0x7a]);
	});

	describe("that must have text", () => {
		const code = 0x2460;
		const blankLine = 0x2461;
		const vocabulary = {
			"\t": 0x09,
			"\n": 0x0a,
			"\t\n": blankLine,
			"\tx": code,
			x: 0x78,
		};
		const isText = true;
		const answerOf = async (
			continuation: (soFar: string) => string,
			options: { heldBack?: string; rank?: number } = {},
		) =>
			(
				await setUp({
					continuation,
					alternatives: [blankLine, 0x0a, fakeTokens.endOfText, code, 0x78],
				}).run("01", { ...options, isText, vocabulary, maxTokens: 3 })
			).tokens;

		for (const [what, first] of [
			["a line end", "\n"],
			["the end of the text", "<endOfText>"],
			["white space with a line end", String.fromCodePoint(blankLine)],
		] as const)
			it(`does not begin with ${what}`, async () => {
				const answer = await answerOf((soFar) =>
					soFar.endsWith("<middle>") ? first : "yz",
				);
				assert.deepEqual(fakeText(answer.slice(1)), "yy");
				assert.equal(answer[0], code);
			});

		it("may end after its text", async () =>
			assert.deepEqual(await answerOf(scripted("y")), [0x79]));

		it("does not end after more indentation", async () => {
			const answer = await answerOf(scripted("\t\nz"));
			assert.deepEqual(answer.slice(0, 2), [0x09, code]);
		});

		it("does not end the line in a token that repeats held-back indentation", async () =>
			assert.deepEqual(
				(
					await answerOf(() => String.fromCodePoint(blankLine), {
						heldBack: "\t",
					})
				)[0],
				code,
			));

		it("does not end the line after the token that repeats held-back indentation", async () => {
			const answer = await answerOf(
				(soFar) => (soFar.endsWith("<middle>") ? "\t" : "\n"),
				{ heldBack: "\t" },
			);
			assert.deepEqual(answer.slice(0, 2), [0x09, code]);
		});

		it("has no blank alternatives", async () =>
			assert.equal((await answerOf(() => "\n", { rank: 1 }))[0], 0x78));
	});

	it("generates nothing if no token matches the held-back text", async () => {
		const { run } = setUp();
		const { text, stopReason } = await run("01", { heldBack: "q" });
		assert.deepEqual([text, stopReason], ["", "endOfText"]);
	});

	for (const cannotRollBack of [false, true])
		it(`starts with less likely tokens on demand, ${cannotRollBack ? "with" : "without"} a state that cannot roll back`, async () => {
			const alternatives = fakeTokenize("xyz");
			const continuation = (soFar: string) =>
				soFar.endsWith("<middle>") ? "a" : "b";
			const texts: string[] = [];
			for (const rank of [0, 1, 2]) {
				const { run } = setUp({ continuation, alternatives, cannotRollBack });
				texts.push((await run("0123456789", { rank, maxTokens: 2 })).text);
			}
			assert.deepEqual(texts, ["ab", "xb", "yb"]);
		});

	it("rolls back to its checkpoints if the state cannot roll back anywhere else", async () => {
		const { run, journal } = setUp({ cannotRollBack: true });
		await run("0123456789", { checkpoints: [6] });
		assert.deepEqual(journal.checkpoints, [6]);
		const { reusedTokens } = await run("012345678X", { checkpoints: [6] });
		assert.equal(reusedTokens, 6);
		const other = await run("01234X", { checkpoints: [6] });
		assert.equal(other.reusedTokens, 0);
	});

	describe("with drafts", () => {
		const asDecoded = (evaluated: readonly (readonly number[])[]) => {
			const texts = evaluated.map((tokens) => fakeText(tokens));
			return texts.slice(texts.findIndex((it) => it.startsWith("<middle>")));
		};

		it("verifies a draft, and generates the rest", async () => {
			const { run, journal } = setUp({ continuation: scripted("abcdXYZ") });
			const speculation = speculationOf();
			const { text, decodeTokens, decodeSteps } = await run("abcdef", {
				speculation,
			});
			assert.equal(text, "abcdXYZ");
			assert.deepEqual([decodeTokens, decodeSteps], [8, 7]);
			assert.deepEqual(asDecoded(journal.evaluated), [
				"<middle>",
				"a",
				"b",
				"cdef",
				"X",
				"Y",
				"Z",
			]);
		});

		it("records the first token if it repeats held-back text", async () => {
			const { run, journal } = setUp({ continuation: scripted("cdefg") });
			const { text } = await run("bcdefg", {
				heldBack: "c",
				vocabulary: { c: 0x63 },
				speculation: speculationOf(),
			});
			assert.equal(text, "cdefg");
			assert.deepEqual(asDecoded(journal.evaluated), [
				"<middle>",
				"c",
				"d",
				"efg",
			]);
		});

		it("verifies nothing if aborted while drafting", async () => {
			const controller = new AbortController();
			const { run, cache, journal } = setUp();
			const drafter = new HostileDrafter(() => {
				controller.abort();
				return 0;
			}, [0x61]);
			const { text, stopReason, decodeSteps } = await run("0123", {
				signal: controller.signal,
				speculation: speculationOf(drafter),
			});
			assert.deepEqual([text, stopReason, decodeSteps], ["", "cancelled", 0]);
			assert.equal(fakeText(cache.tokens), "0123");
			assert.equal(journal.evaluated.length, 1);
		});

		it("reports a failed rollback, and restarts with an empty cache", async () => {
			const journal = {
				evaluated: [],
				truncatedTo: [],
				checkpoints: [],
				liveModels: 0,
				liveSequences: 0,
			};
			const sequence = new FakeSequence(
				100,
				{ continuation: () => "x" },
				journal,
			);
			let cuts = 0;
			const cache = new KvCache(
				new HookedSequence(sequence, (work) => {
					if (work === "cut" && ++cuts === 1) throw new Error("device lost");
				}),
			);
			const loop = generate(cache, fakeTokenize("abc"), {
				maxTokens: 8,
				chunkTokens: 4,
				speculation: speculationOf(new HostileDrafter(() => 0, [0x61])),
				isEnd: () => false,
				signal: new AbortController().signal,
				now: () => 0,
			});
			await assert.rejects(loop.next(), /device lost/);
			assert.equal(await cache.reusePrefix(fakeTokenize("abc")), 0);
			assert.deepEqual(sequence.tokens, []);
		});
	});
});
