/** After a cancel in the middle of anything, the cache is as without drafts. */

import assert from "node:assert/strict";
import { generate } from "../../../../src/engine/decode/generate.ts";
import { KvCache } from "../../../../src/engine/kv/kvCache.ts";
import type { Token } from "../../../../src/engine/runtime/runtime.ts";
import { DraftModel } from "../../../../src/engine/speculation/draftModel.ts";
import { Lookup } from "../../../../src/engine/speculation/lookup.ts";
import { Speculation } from "../../../../src/engine/speculation/speculation.ts";
import {
	FakeSequence,
	fakeTokens,
} from "../../../support/fakes/fakeRuntime.ts";
import {
	markovModel,
	markovTokens,
} from "../../../support/models/markovModel.ts";
import { seededRandom } from "../../../support/seededRandom.ts";
import {
	HookedSequence,
	type SequenceWork,
} from "../../../support/sequences/hookedSequence.ts";
import { VerifyingAll } from "../../../support/sequences/verifyingAll.ts";

const model = markovModel(3, 0);
/** About half of the drafted tokens are right. */
const draftModel: typeof model = {
	distribution: (tokens) =>
		(tokens.at(-1) ?? 0) % 3 === 0
			? markovModel(8, 0).distribution(tokens)
			: model.distribution(tokens),
};

const maxTokens = 24;
/** The draft model's context is smaller: the last tokens are decoded without drafts. */
const draftWindow = 26;

const random = seededRandom(4);
const prompt: readonly Token[] = Array.from(
	{ length: 11 },
	() => markovTokens[Math.floor(random() * markovTokens.length)] ?? 0,
);

function cacheOf(
	says: typeof model,
	contextWindow: number,
	onWork: (work: SequenceWork) => void = () => {},
) {
	const sequence = new FakeSequence(contextWindow, says, {
		evaluated: [],
		truncatedTo: [],
		checkpoints: [],
		liveModels: 0,
		liveSequences: 0,
	});
	return { sequence, cache: new KvCache(new HookedSequence(sequence, onWork)) };
}

interface Cancelled {
	readonly tokens: readonly Token[];
	readonly cached: readonly Token[];
	readonly inSequence: readonly Token[];
	/** The next answer. */
	readonly next: readonly Token[];
	/** All operations, including those of the draft model. */
	readonly work: readonly SequenceWork[];
}

interface When {
	/** The operation in which to abort, from 0. */
	readonly work?: number;
	/** The number of tokens after which the reader aborts. */
	readonly tokens?: number;
	readonly drafts: boolean;
}

async function cancelled(when: When): Promise<Cancelled> {
	const controller = new AbortController();
	const work: SequenceWork[] = [];
	const onWork = (it: SequenceWork) => {
		if (!isOver && work.length === when.work) controller.abort();
		if (!isOver) work.push(it);
	};
	let isOver = false;
	const { sequence, cache } = cacheOf(model, 100, onWork);
	const options = {
		maxTokens,
		chunkTokens: 4,
		isEnd: (token: Token) => token === fakeTokens.endOfText,
		now: () => 0,
	};
	const loop = generate(cache, prompt, {
		...options,
		signal: controller.signal,
		speculation: when.drafts
			? new Speculation({
					mode: "draft",
					controller: new VerifyingAll(),
					lookup: new Lookup({ minMatch: 3 }),
					draftModel: new DraftModel(
						cacheOf(draftModel, draftWindow, onWork).cache,
						2 ** 31,
					),
					isSpecial: () => false,
					isLast: () => false,
					chunkTokens: 4,
					now: () => 0,
				})
			: undefined,
	});
	const tokens: Token[] = [];
	if (when.tokens === 0) controller.abort();
	for await (const { token } of loop) {
		tokens.push(token);
		if (tokens.length === when.tokens) controller.abort();
	}
	isOver = true;
	const cached = [...cache.tokens];
	const inSequence = [...sequence.tokens];
	const next: Token[] = [];
	const shouldContinue = generate(cache, [...prompt, ...tokens], {
		...options,
		maxTokens: 8,
		signal: new AbortController().signal,
	});
	for await (const { token } of shouldContinue) next.push(token);
	return { tokens, cached, inSequence, next, work };
}

const kinds = ["prefill", "draft", "verify", "cut", "decode"] as const;

describe("cancelling in the middle of", () => {
	for (const kind of kinds)
		it(`a ${kind} leaves the same state as without drafts`, async () => {
			const whole = await cancelled({ drafts: true });
			assert.equal(whole.tokens.length, maxTokens);
			const places = [...whole.work.keys()].filter(
				(it) => whole.work[it] === kind,
			);
			assert.ok(places.length > 0);
			for (const work of places) await checkCancelledAt(work);
		});
});

async function checkCancelledAt(place: number): Promise<void> {
	const { work: _, ...drafted } = await cancelled({
		work: place,
		drafts: true,
	});
	const { tokens, cached } = drafted;
	assert.deepEqual(drafted.inSequence, cached);
	const { work: __, ...plain } = await cancelled({
		tokens: tokens.length,
		drafts: false,
	});
	if (tokens.length > 0) return assert.deepEqual(drafted, plain);
	// During the prompt: the evaluated part of it stays.
	assert.deepEqual(cached, prompt.slice(0, cached.length));
	assert.ok(cached.length < prompt.length);
	assert.deepEqual(drafted.next, plain.next);
}
