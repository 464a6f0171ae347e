/** Speculation changes the speed of an answer, but not its text. */

import assert from "node:assert/strict";
import {
	type GenerateOptions,
	type GenerateOutcome,
	generate,
} from "../../../../src/engine/decode/generate.ts";
import { VocabularyIndex } from "../../../../src/engine/decode/vocabularyIndex.ts";
import { KvCache } from "../../../../src/engine/kv/kvCache.ts";
import {
	VerifyCosts,
	verifySizes,
} from "../../../../src/engine/measure/verifyCosts.ts";
import type {
	Sampling,
	Token,
} from "../../../../src/engine/runtime/runtime.ts";
import { Controller } from "../../../../src/engine/speculation/controller.ts";
import type { Drafter } from "../../../../src/engine/speculation/draft.ts";
import { DraftModel } from "../../../../src/engine/speculation/draftModel.ts";
import { Lookup } from "../../../../src/engine/speculation/lookup.ts";
import { Speculation } from "../../../../src/engine/speculation/speculation.ts";
import { surprise } from "../../../support/chiSquare.ts";
import {
	FakeSequence,
	fakeTokens,
} from "../../../support/fakes/fakeRuntime.ts";
import {
	markovModel,
	markovText,
	markovTokens,
	markovVocabulary,
} from "../../../support/models/markovModel.ts";
import { seededRandom } from "../../../support/seededRandom.ts";
import { HostileDrafter } from "../../../support/sequences/hostileDrafter.ts";
import { VerifyingAll } from "../../../support/sequences/verifyingAll.ts";

const journal = () => ({
	evaluated: [],
	truncatedTo: [],
	checkpoints: [],
	liveModels: 0,
	liveSequences: 0,
});

type Model = ReturnType<typeof markovModel>;

function cacheOf(model: Model, contextWindow: number) {
	const sequence = new FakeSequence(contextWindow, model, journal());
	return { sequence, cache: new KvCache(sequence) };
}

const drafterKinds = ["good", "bad", "hostile", "none"] as const;
type DrafterKind = (typeof drafterKinds)[number];

function drafterOf(
	kind: DrafterKind,
	model: Model,
	contextWindow: number,
	random: () => number,
): Drafter | undefined {
	switch (kind) {
		case "none":
			return undefined;
		case "hostile":
			return new HostileDrafter(random, [
				...markovTokens,
				...Object.values(fakeTokens),
				-1,
				2 ** 31,
				Number.NaN,
			]);
		default: {
			const says = kind === "good" ? model : markovModel(999, 0.05);
			return new DraftModel(cacheOf(says, contextWindow).cache, 2 ** 31);
		}
	}
}

type Wishes = Omit<GenerateOptions, "speculation" | "signal" | "now">;

async function answer(
	cache: KvCache,
	prompt: readonly Token[],
	wishes: Wishes,
	{
		speculation,
		takes,
	}: {
		readonly speculation: Speculation | undefined;
		/** The number of tokens after which the reader stops. */
		readonly takes: number;
	},
): Promise<{
	readonly tokens: readonly Token[];
	readonly outcome:
		| Pick<GenerateOutcome, "stopReason" | "decodeTokens">
		| undefined;
}> {
	const loop = generate(cache, prompt, {
		...wishes,
		speculation,
		signal: new AbortController().signal,
		now: () => 0,
	});
	const tokens: Token[] = [];
	for (;;) {
		const next = await loop.next();
		if (next.done) {
			const { stopReason, decodeTokens } = next.value;
			return { tokens, outcome: { stopReason, decodeTokens } };
		}
		tokens.push(next.value.token);
		if (tokens.length === takes) {
			await loop.return(undefined as never);
			return { tokens, outcome: undefined };
		}
	}
}

/** Consecutive prompts in the same cache, with random settings. */
async function compare(
	seed: number,
	temperature: number,
	seen: { accepted: number; refuted: number; ended: number; full: number },
): Promise<void> {
	const random = seededRandom(seed);
	const upTo = (most: number) => Math.floor(random() * (most + 1));
	const oneOf = <T>(items: readonly T[]): T =>
		items[upTo(items.length - 1)] as T;
	const model = markovModel(upTo(1000), oneOf([0, 0.03, 0.2]));
	const contextWindow = 20 + upTo(60);
	const kind = oneOf(drafterKinds);
	const drafter = drafterOf(kind, model, contextWindow - upTo(3), random);
	const lookup = new Lookup({ minMatch: 1 + upTo(2) });
	const verifyingAll = new VerifyingAll();
	const controller =
		random() < 0.7
			? verifyingAll
			: new Controller(
					new VerifyCosts(
						new Map(verifySizes.map((it) => [it, it ** random()])),
					),
					{ tokenMs: 0.01 + 0.2 * random(), readMs: 0.01 },
				);
	// If end tokens count as text, they are drafted too.
	const isSpecial =
		random() < 0.5
			? (token: Token) => token > 0x110000
			: (token: Token) => Number.isNaN(token);
	const isLast = random() < 0.3 ? (it: Token) => it === 103 : () => false;
	const mode = oneOf(["auto", "lookup", "draft"] as const);
	let nowMs = 0;
	const plain = cacheOf(model, contextWindow);
	const drafted = cacheOf(model, contextWindow);
	let prompt: readonly Token[] = [];
	for (let round = 0; round < 3; round++) {
		prompt = [
			...prompt.slice(0, upTo(8)),
			...Array.from({ length: 1 + upTo(12) }, () =>
				random() < 0.1 ? fakeTokens.middle : oneOf(markovTokens),
			),
		];
		lookup.setReferences([
			{
				id: "r",
				tokens: Array.from({ length: 40 }, () => oneOf(markovTokens)),
			},
		]);
		const sampling: Sampling = {
			temperature,
			topK: 40,
			topP: 1,
			seed: upTo(2 ** 31),
		};
		const wishes: Wishes = {
			maxTokens: upTo(30),
			chunkTokens: 1 + upTo(6),
			...(temperature > 0 && { sampling }),
			...(random() < 0.4 && {
				start: {
					heldBack: oneOf(["", "a", "ab", "abc", "dd"]),
					rank: oneOf([0, 0, 1, 2]),
					isText: oneOf([false, false, true]),
					vocabulary: new VocabularyIndex(markovVocabulary),
					textOf: markovText,
				},
			}),
			isEnd: (token) => token === fakeTokens.endOfText,
		};
		const takes = random() < 0.2 ? 1 + upTo(10) : Number.POSITIVE_INFINITY;
		const speculation = new Speculation({
			mode,
			controller,
			lookup,
			draftModel: drafter,
			isSpecial,
			isLast,
			chunkTokens: wishes.chunkTokens,
			now: () => (nowMs += random()),
		});
		const expected = await answer(plain.cache, prompt, wishes, {
			speculation: undefined,
			takes,
		});
		const actual = await answer(drafted.cache, prompt, wishes, {
			speculation,
			takes,
		});
		const settings = JSON.stringify({ seed, round, kind, mode, wishes, takes });
		assert.deepEqual(actual, expected, settings);
		assert.deepEqual(drafted.cache.tokens, plain.cache.tokens, settings);
		assert.deepEqual(drafted.sequence.tokens, drafted.cache.tokens, settings);
		const { draftedTokens, acceptedTokens } = speculation.stats;
		seen.accepted += acceptedTokens;
		seen.refuted += draftedTokens - acceptedTokens;
		if (acceptedTokens > 0 && expected.outcome?.stopReason === "endOfText")
			seen.ended++;
		if (acceptedTokens > 0 && expected.outcome?.stopReason === "contextFull")
			seen.full++;
	}
}

describe("speculation", () => {
	for (const temperature of [0, 0.8])
		it(`leaves text and cache as without it, over 500 random settings at temperature ${temperature}`, async () => {
			const seen = { accepted: 0, refuted: 0, ended: 0, full: 0 };
			for (let seed = 1; seed <= 500; seed++)
				await compare(seed, temperature, seen);
			const text = JSON.stringify(seen);
			assert.ok(seen.accepted > 1000 && seen.refuted > 1000, text);
			assert.ok(seen.ended > 20 && seen.full > 20, text);
		});

	describe("samples from the model's distribution at temperature 0.8", () => {
		const model = markovModel(5, 0.1);
		const prompt = [98, 97, 99, 98, 97];
		const seeds = 10_000;

		/** The distribution at a temperature. */
		function probabilities(after: readonly Token[], temperature: number) {
			const weights = [...model.distribution(after)].map(
				([token, it]) => [token, it ** (1 / temperature)] as const,
			);
			const sum = weights.reduce((total, [, it]) => total + it, 0);
			return weights.map(([token, it]) => [token, it / sum] as const);
		}

		/** Probabilities of texts of at most two tokens. */
		function expectedTexts(temperature: number): Map<string, number> {
			const texts = new Map<string, number>();
			for (const [first, p] of probabilities(prompt, temperature))
				if (first === fakeTokens.endOfText) texts.set("", p);
				else
					for (const [second, q] of probabilities(
						[...prompt, first],
						temperature,
					))
						texts.set(
							second === fakeTokens.endOfText
								? `${first}`
								: `${first},${second}`,
							p * q,
						);
			return texts;
		}

		async function countedTexts(
			kind: DrafterKind,
			lookup = false,
		): Promise<Map<string, number>> {
			const random = seededRandom(17);
			const { cache } = cacheOf(model, 20);
			const draftModel = drafterOf(kind, model, 20, random);
			const controller = new VerifyingAll();
			const counts = new Map<string, number>();
			for (let seed = 0; seed < seeds; seed++) {
				const { tokens } = await answer(
					cache,
					prompt,
					{
						maxTokens: 2,
						chunkTokens: 8,
						sampling: { temperature: 0.8, topK: 40, topP: 1, seed },
						isEnd: (token) => token === fakeTokens.endOfText,
					},
					{
						takes: Number.POSITIVE_INFINITY,
						speculation: new Speculation({
							mode: lookup ? "lookup" : "draft",
							controller,
							lookup: new Lookup({ minMatch: 1 }),
							draftModel,
							isSpecial: () => false,
							isLast: () => false,
							chunkTokens: 8,
							now: () => 0,
						}),
					},
				);
				counts.set(`${tokens}`, (counts.get(`${tokens}`) ?? 0) + 1);
			}
			if (kind !== "none" || lookup)
				assert.ok(controller.acceptedTokens > seeds / 100);
			return counts;
		}

		function surpriseOf(counts: Map<string, number>, temperature: number) {
			const expected = expectedTexts(temperature);
			for (const text of counts.keys()) assert.ok(expected.has(text), text);
			return surprise(
				[...expected].map(
					([text, it]) => [counts.get(text) ?? 0, it * seeds] as const,
				),
			);
		}

		// The limit corresponds to a p-value of 0.0001, and the seeds are fixed.
		for (const [what, kind, lookup] of [
			["without a draft", "none", false],
			["with a good draft", "good", false],
			["with a bad one", "bad", false],
			["with a hostile one", "hostile", false],
			["with lookups", "none", true],
		] as const)
			it(what, async () => {
				const counts = await countedTexts(kind, lookup);
				assert.ok(surpriseOf(counts, 0.8) < 1);
				assert.ok(surpriseOf(counts, 0.9) > 1, "another would be found out");
			});
	});
});
