import assert from "node:assert/strict";
import { VerifyCosts } from "../../../../src/engine/measure/verifyCosts.ts";
import type { Token } from "../../../../src/engine/runtime/runtime.ts";
import { Controller } from "../../../../src/engine/speculation/controller.ts";
import type {
	Draft,
	Drafter,
	DraftingOptions,
} from "../../../../src/engine/speculation/draft.ts";
import { Lookup } from "../../../../src/engine/speculation/lookup.ts";
import {
	Speculation,
	type SpeculationOptions,
} from "../../../../src/engine/speculation/speculation.ts";
import { fakeText, fakeTokenize } from "../../../support/fakes/fakeRuntime.ts";
import { seededRandom } from "../../../support/seededRandom.ts";
import { HostileDrafter } from "../../../support/sequences/hostileDrafter.ts";
import { VerifyingAll } from "../../../support/sequences/verifyingAll.ts";

const signal = new AbortController().signal;

/** Always drafts this text, with high confidence. */
class Reciting implements Drafter {
	asked = 0;
	readTo = 0;
	readonly #text: string;

	constructor(text: string) {
		this.#text = text;
	}

	unreadTokens(text: readonly Token[]): number {
		return text.length - this.readTo;
	}

	read(_text: readonly Token[], end: number): Promise<void> {
		this.readTo = end;
		return Promise.resolve();
	}

	draft(
		_text: readonly Token[],
		{ maxTokens, shouldContinue }: DraftingOptions,
	): Promise<Draft | undefined> {
		this.asked++;
		const evidence: number[] = [];
		const tokens = fakeTokenize(this.#text).slice(0, maxTokens);
		while (evidence.length < tokens.length && shouldContinue(evidence))
			evidence.push(7);
		const { length } = evidence;
		return Promise.resolve(
			length > 0
				? { source: "model", tokens: tokens.slice(0, length), evidence }
				: undefined,
		);
	}
}

const speculationOf = (options: Partial<SpeculationOptions> = {}) =>
	new Speculation({
		mode: "auto",
		controller: new VerifyingAll(),
		lookup: new Lookup(),
		draftModel: undefined,
		isSpecial: (token) => token > 0x110000,
		isLast: () => false,
		chunkTokens: 128,
		now: () => 0,
		...options,
	});

const costsOf = (ms: Readonly<Record<number, number>>) =>
	new VerifyCosts(
		new Map(Object.entries(ms).map(([n, it]) => [Number(n), it])),
	);

const shown = (draft: Draft | undefined) => draft && fakeText(draft.tokens);

/** Proposes drafts after the prompt, and settles them with the true text. Returns the verified draft of each step. */
async function follow(
	speculation: Speculation,
	costs: VerifyCosts,
	prompt: string,
	truth: string,
): Promise<readonly { at: number; draft: Draft | undefined }[]> {
	const text = fakeTokenize(prompt);
	const said = fakeTokenize(truth);
	speculation.begin(text);
	const steps = [];
	for (let at = 0; at < said.length; ) {
		const soFar = [...text, ...said.slice(0, at)];
		const draft = await speculation.propose(
			soFar,
			said.length - at - 1,
			signal,
		);
		const drafted = draft?.tokens ?? [];
		let right = 0;
		while (right < drafted.length && drafted[right] === said[at + right])
			right++;
		const ms = costs.ms(drafted.length + 1);
		speculation.recordStep(draft, said.slice(at, at + right + 1), ms);
		steps.push({ at, draft });
		at += right + 1;
	}
	return steps;
}

describe("Speculation", () => {
	for (const [what, options, room, expected] of [
		["the tokens that followed", {}, 20, "defg;abcdefg;abcdefg"],
		["no more than fit", {}, 2, "de"],
		["nothing without room", {}, 0, undefined],
		["nothing with negative room", {}, -1, undefined],
		["no special token", { isSpecial: (it: Token) => it === 102 }, 20, "de"],
		[
			"nothing if that is the first",
			{ isSpecial: (it: Token) => it === 100 },
			20,
			undefined,
		],
		[
			"nothing after a last token",
			{ isLast: (it: Token) => it === 101 },
			20,
			"de",
		],
		[
			"no special token before a last one",
			{
				isSpecial: (it: Token) => it === 101,
				isLast: (it: Token) => it === 102,
			},
			20,
			"d",
		],
		["nothing by lookup if that is off", { mode: "draft" }, 20, undefined],
		["nothing if speculation is off", { mode: "off" }, 20, undefined],
	] as const)
		it(`proposes ${what}`, async () => {
			const speculation = speculationOf(options);
			const text = fakeTokenize("abcdefg;abc");
			speculation.begin(text);
			assert.equal(
				shown(await speculation.propose(text, room, signal)),
				expected,
			);
		});

	for (const [what, options, expected] of [
		["a special token", { isSpecial: (it: Token) => it === 51 }, "12"],
		["a last one, but with it", { isLast: (it: Token) => it === 51 }, "123"],
	] as const)
		it(`truncates the draft of the draft model before ${what}`, async () => {
			const draftModel = new Reciting("12345");
			const it = speculationOf({ ...options, mode: "draft", draftModel });
			assert.equal(shown(await it.propose([1], 20, signal)), expected);
		});

	it("chooses the source with the higher gain", async () => {
		for (const [draft, expected] of [
			["12", "def"],
			["12345", "12345"],
		] as const) {
			const lookup = new Lookup();
			lookup.setReferences([{ id: "a", tokens: fakeTokenize("abcdef") }]);
			const draftModel = new Reciting(draft);
			const speculation = speculationOf({ lookup, draftModel });
			const text = fakeTokenize("abc");
			speculation.begin(text);
			assert.equal(shown(await speculation.propose(text, 8, signal)), expected);
		}
	});

	it("records tokens that were generated without a draft", async () => {
		const speculation = speculationOf();
		speculation.begin(fakeTokenize("one.two();one."));
		speculation.append(fakeTokenize("two"));
		assert.equal(shown(await speculation.propose([], 3, signal)), "();");
		assert.equal(fakeText(speculation.generated), "two");
	});

	it("counts drafted and accepted tokens, and the time of plain decoding", async () => {
		const costs = costsOf({ 1: 10, 64: 20 });
		const controller = new Controller(costs, undefined);
		const speculation = speculationOf({ controller });
		const none = speculation.stats;
		assert.deepEqual(none, {
			draftedTokens: 0,
			acceptedTokens: 0,
			plainDecodeMs: 0,
		});
		const line = "const total = sum(list);\n";
		const steps = await follow(
			speculation,
			costs,
			line.repeat(3),
			line.repeat(3),
		);
		const drafted = steps.reduce(
			(sum, { draft }) => sum + (draft?.tokens.length ?? 0),
			0,
		);
		const { draftedTokens, acceptedTokens, plainDecodeMs } = speculation.stats;
		assert.equal(draftedTokens, drafted);
		assert.equal(acceptedTokens, 3 * line.length - steps.length);
		assert.ok(Math.abs(plainDecodeMs / (3 * line.length) - 10) < 2);
	});

	it("starts to verify a lookup within one answer if its unverified drafts were right", async () => {
		// Each word recurs, but always after another one, so the evidence for its fourth letter is weak.
		const random = seededRandom(2);
		const words = Array.from({ length: 40 }, (_, index) =>
			String.fromCodePoint(
				...[0, 1, 2, 3].map((it) => 0x4e00 + 4 * index + it),
			),
		);
		const shuffled = () =>
			words
				.map((word) => [random(), word] as const)
				.sort(([a], [b]) => a - b)
				.map(([, word]) => word)
				.join("");
		const costs = costsOf({ 1: 10, 2: 15, 64: 640 });
		const controller = new Controller(costs, undefined);
		const steps = await follow(
			speculationOf({ controller }),
			costs,
			shuffled(),
			shuffled(),
		);
		const verified = steps.filter(({ draft }) => draft);
		const first = verified[0]?.at ?? 0;
		assert.ok(first > 4 * 2, `not at once, but after ${first} tokens`);
		assert.ok(first < 4 * 12, `after ${first} tokens`);
		const possible = words.length - first / 4;
		assert.ok(verified.length > 0.9 * possible, `${verified.length}`);
		for (const { draft } of verified) assert.equal(draft?.tokens.length, 1);
	});

	it("uses lookup despite a draft model that is always wrong", async () => {
		const costs = costsOf({ 1: 10, 8: 12, 64: 15 });
		const draftCosts = { tokenMs: 1, readMs: 0.1 };
		const draftModel = new HostileDrafter(seededRandom(1), fakeTokenize("!?#"));
		const line = "const total = sum(list);\n";
		let nowMs = 0;
		const speculation = speculationOf({
			controller: new Controller(costs, draftCosts),
			draftModel,
			now: () => (nowMs += 4),
		});
		const steps = await follow(
			speculation,
			costs,
			line.repeat(2),
			line.repeat(40),
		);
		assert.ok(draftModel.drafts < 20, `drafted ${draftModel.drafts} times`);
		assert.ok(steps.length < 4 * line.length, `${steps.length} steps`);
		assert.ok(steps.slice(-5).every(({ draft }) => draft?.source !== "model"));
	});

	for (const [what, tokenMs, isRead] of [
		["if it is likely to draft", 0.5, true],
		["not if it would gain nothing", 20, false],
	] as const)
		it(`prefills the draft model: ${what}`, async () => {
			const draftModel = new Reciting("");
			const speculation = speculationOf({
				controller: new Controller(costsOf({ 1: 10, 64: 12 }), {
					tokenMs,
					readMs: 0.1,
				}),
				draftModel,
			});
			await speculation.read(fakeTokenize("abcdef"), 4, signal);
			assert.equal(draftModel.readTo, isRead ? 4 : 0);
		});

	it("probes a draft model that did not pay, with a few unverified tokens", async () => {
		const costs = costsOf({ 1: 10 });
		const draftModel = new Reciting("0".repeat(100));
		draftModel.readTo = 1000;
		const speculation = speculationOf({
			mode: "draft",
			controller: new Controller(costs, { tokenMs: 1, readMs: 0.1 }),
			draftModel,
		});
		const truth = "abcdefghij".repeat(45);
		const steps = await follow(speculation, costs, "x", truth);
		assert.equal(draftModel.asked, 2, "after 200 and after 400 tokens");
		assert.ok(steps.every(({ draft }) => draft === undefined));
	});
});
