import assert from "node:assert/strict";
import {
	VerifyCosts,
	verifySizes,
} from "../../../../src/engine/measure/verifyCosts.ts";
import { Acceptance } from "../../../../src/engine/speculation/acceptance.ts";
import {
	bestGain,
	Controller,
	maxDraftedByModel,
	minGain,
} from "../../../../src/engine/speculation/controller.ts";
import type {
	Draft,
	DraftSource,
} from "../../../../src/engine/speculation/draft.ts";
import {
	evidenceClasses,
	matchEvidence,
} from "../../../../src/engine/speculation/evidence.ts";
import { maxVerifiedTokens } from "../../../../src/memory/plan/planRequest.ts";
import { seededRandom } from "../../../support/seededRandom.ts";

const draftOf = (source: DraftSource, evidence: readonly number[]): Draft => ({
	source,
	tokens: evidence.map(() => 1),
	evidence,
});

/** Milliseconds by number of tokens. One token takes 10 ms. */
const costsOf = (ms: Readonly<Record<number, number>>) =>
	new VerifyCosts(
		new Map(Object.entries({ 1: 10, ...ms }).map(([n, it]) => [Number(n), it])),
	);

/** Like a large GPU: many tokens cost hardly more than one. */
const flat = () => costsOf({ 16: 11, 64: 13 });
/** Like a CPU on which batching saves nothing. */
const linear = () => costsOf({});
const cheapDraft = { tokenMs: 1, readMs: 0.1 };

/** Sums over all outcomes. */
function expectedGain(
	acceptances: readonly number[],
	costs: VerifyCosts,
): number {
	let expectedTokens = 0;
	let reached = 1;
	for (let right = 0; right <= acceptances.length; right++) {
		const next = acceptances[right] ?? 0;
		expectedTokens += (right + 1) * reached * (1 - next);
		reached *= next;
	}
	const plain = 1 / costs.plainMs;
	return expectedTokens / costs.ms(acceptances.length + 1) / plain;
}

describe("Controller", () => {
	it("chooses the length with the most tokens per second", () => {
		const random = seededRandom(11);
		const lengths = new Set<number>();
		for (let round = 0; round < 2000; round++) {
			const source = random() < 0.5 ? "lookup" : "model";
			const growth = random() * 2;
			const costs = costsOf(
				Object.fromEntries(
					verifySizes
						.filter((size) => size > 1 && random() < 0.7)
						.map((size) => [size, 10 * size ** (growth * random())]),
				),
			);
			const controller = new Controller(costs, cheapDraft);
			const acceptance = new Acceptance(source);
			const classes = evidenceClasses[source].length;
			const draft = (length: number) =>
				draftOf(
					source,
					Array.from({ length }, () =>
						Math.floor(classes * (1 - random() ** 3)),
					),
				);
			for (let seen = 0; seen < 5; seen++) {
				const of = draft(4);
				const right = Math.floor(random() * 5);
				controller.learn(of, right, right < 4);
				acceptance.learn(of, right, right < 4);
			}
			const asked = draft(1 + Math.floor(random() * 70));
			const acceptances = asked.evidence.map((it) =>
				acceptance.probability(it),
			);
			const gains = Array.from(
				{ length: Math.min(maxVerifiedTokens - 1, acceptances.length) },
				(_, index) => expectedGain(acceptances.slice(0, index + 1), costs),
			);
			const best = Math.max(...gains);
			const { length, gain } = controller.decide(asked);
			lengths.add(length);
			if (best < minGain) assert.deepEqual([length, gain], [0, 1]);
			else {
				assert.ok(Math.abs(gain - best) < 1e-9, `${gain} is not ${best}`);
				assert.ok(Math.abs((gains[length - 1] ?? 0) - best) < 1e-9);
			}
		}
		assert.ok(lengths.size > 15, `lengths ${[...lengths].join(" ")}`);
	});

	for (const [gain, length] of [
		[1.04, 0],
		[1.06, 1],
	] as const)
		it(`has ${length === 0 ? "nothing" : "a token"} verified that gains ${gain}`, () => {
			const accepted = evidenceClasses.lookup[9]?.acceptance ?? 0;
			const costs = costsOf({ 2: (10 * (1 + accepted)) / gain });
			const controller = new Controller(costs, undefined);
			assert.equal(controller.decide(draftOf("lookup", [9])).length, length);
		});

	it("stays below the length where the cost jumps", () => {
		const costs = costsOf({ 8: 12, 16: 40, 64: 50 });
		const draft = draftOf("lookup", matchEvidence(20, 63));
		assert.equal(new Controller(costs, undefined).decide(draft).length, 7);
	});

	it("exceeds it if the draft is long and likely enough", () => {
		const costs = costsOf({ 8: 12, [maxVerifiedTokens]: 25 });
		const draft = draftOf("lookup", matchEvidence(96, 63));
		assert.equal(
			new Controller(costs, undefined).decide(draft).length,
			maxVerifiedTokens - 1,
		);
	});

	it("learns the acceptance rate of its drafts within some lines", () => {
		const controller = new Controller(costsOf({ 2: 19, 4: 20 }), undefined);
		const draft = draftOf("lookup", [0, 1, 2]);
		const decided = () => controller.decide(draft).length > 0;
		assert.ok(!decided());
		for (let i = 0; i < 10; i++) controller.learn(draft, 3, false);
		assert.ok(decided());
		for (let i = 0; i < 40; i++) controller.learn(draft, 0, true);
		assert.ok(!decided());
	});

	describe("asks the draft model", () => {
		for (const [what, costs, draftCosts, isAsked] of [
			["if it is fast and verifying is cheap", flat(), cheapDraft, true],
			[
				"not if it is nearly as slow as the target",
				flat(),
				{ tokenMs: 8, readMs: 1 },
				false,
			],
			["not if verifying saves nothing", linear(), cheapDraft, false],
			["not if there is none", flat(), undefined, false],
		] as const)
			it(what, () => {
				const controller = new Controller(costs, draftCosts);
				assert.equal(controller.expectedModelGain() > minGain, isAsked);
				if (!isAsked) assert.equal(controller.expectedModelGain(), 0);
				const gain = draftCosts && bestGain(costs, draftCosts, 0.7);
				assert.equal((gain ?? 0) >= minGain, isAsked, "as at its load");
			});

		it("not after it has lost its credit, and only its own", () => {
			const controller = new Controller(flat(), cheapDraft);
			controller.recordStep({
				draft: undefined,
				acceptedTokens: 0,
				ms: 10,
				draftingMs: 21,
			});
			assert.equal(controller.expectedModelGain(), 0);
			const found = draftOf("lookup", matchEvidence(20, 8));
			assert.ok(controller.decide(found).length > 0, "a lookup lost nothing");
		});

		it("not after it was wrong for a while", () => {
			const controller = new Controller(flat(), cheapDraft);
			const draft = draftOf("model", [5, 5]);
			for (let i = 0; i < 40; i++) {
				controller.learn(draft, 0, true);
				controller.recordModelDraft(draft);
			}
			assert.equal(controller.expectedModelGain(), 0);
		});

		it("less often when its tokens take longer", () => {
			const controller = new Controller(flat(), cheapDraft);
			const atFirst = controller.expectedModelGain();
			controller.recordDraftToken(1000);
			const afterOne = controller.expectedModelGain();
			assert.ok(afterOne < atFirst);
			assert.ok(afterOne > 0.8 * atFirst, "one outlier does not count whole");
			for (let i = 0; i < 100; i++) controller.recordDraftToken(9);
			assert.equal(controller.expectedModelGain(), 0);
		});
	});

	describe("continues drafting", () => {
		const sure = 7;
		const unsure = 0;
		for (const [what, evidence, costs, shouldContinue] of [
			["at first", [], flat(), true],
			["if it is confident", [sure, sure], flat(), true],
			["not after an unlikely token", [sure, unsure], flat(), false],
			["not if nothing drafted so far pays", [unsure], linear(), false],
			[
				"nor if that lasts",
				[unsure, unsure, unsure, unsure],
				costsOf({ 2: 14, 4: 20, 16: 40 }),
				false,
			],
			[
				"up to the jump of the cost",
				Array.from({ length: 6 }, () => sure),
				costsOf({ 8: 11, 16: 60 }),
				true,
			],
			[
				"not beyond it",
				Array.from({ length: 7 }, () => sure),
				costsOf({ 8: 11, 16: 60 }),
				false,
			],
			[
				"to the end",
				Array.from({ length: maxDraftedByModel - 1 }, () => sure),
				costsOf({ 64: 13 }),
				true,
			],
			[
				"and no further",
				Array.from({ length: maxDraftedByModel }, () => sure),
				flat(),
				false,
			],
		] as const)
			it(what, () =>
				assert.equal(
					new Controller(costs, cheapDraft).shouldContinue(evidence),
					shouldContinue,
				),
			);
	});

	describe("probes", () => {
		const plainSteps = (controller: Controller, count: number) => {
			for (let i = 0; i < count; i++)
				controller.recordStep({
					draft: undefined,
					acceptedTokens: 0,
					ms: 10,
					draftingMs: 0,
				});
		};
		const probe = { unreadTokens: 0, tokens: 8 };

		it("a draft model that did not pay after two hundred tokens, and again after as many", () => {
			const controller = new Controller(linear(), cheapDraft);
			plainSteps(controller, 199);
			assert.ok(!controller.shouldProbe(probe));
			plainSteps(controller, 1);
			assert.ok(controller.shouldProbe(probe));
			controller.recordModelDraft(draftOf("model", [0]));
			plainSteps(controller, 199);
			assert.ok(!controller.shouldProbe(probe));
			plainSteps(controller, 1);
			assert.ok(controller.shouldProbe(probe));
		});

		it("counts the tokens of drafts that were accepted", () => {
			const controller = new Controller(linear(), cheapDraft);
			const draft = draftOf("lookup", matchEvidence(20, 63));
			for (let i = 0; i < 4; i++)
				controller.recordStep({
					draft,
					acceptedTokens: 49,
					ms: 10,
					draftingMs: 0,
				});
			assert.ok(controller.shouldProbe(probe));
		});

		it("only if that is cheap", () => {
			const controller = new Controller(linear(), cheapDraft);
			plainSteps(controller, 200);
			// Two tokens and half a percent of two seconds are 30 ms.
			assert.ok(controller.shouldProbe({ ...probe, unreadTokens: 200 }));
			assert.ok(!controller.shouldProbe({ ...probe, unreadTokens: 300 }));
		});

		it("nothing without a draft model", () => {
			const controller = new Controller(linear(), undefined);
			plainSteps(controller, 1000);
			assert.ok(!controller.shouldProbe(probe));
		});
	});

	for (const source of ["lookup", "model"] as const)
		it(`loses no more than its credit and one try, however confident a ${source} is of wrong drafts`, () => {
			const random = seededRandom(3);
			const costs = costsOf({ 2: 14, 8: 20, 64: 60 });
			const controller = new Controller(costs, cheapDraft);
			let lostMs = 0;
			let spentMs = 0;
			let largestMs = 0;
			let verified = 0;
			for (let step = 0; step < 20_000; step++) {
				// The highest class of copies; those of resumed copies follow.
				const classes = source === "lookup" ? 10 : evidenceClasses.model.length;
				const draft = draftOf(
					source,
					Array.from({ length: 16 }, () => classes - 1 - Math.round(random())),
				);
				const isDrafted =
					source === "lookup" || controller.expectedModelGain() > 0;
				const draftingMs = source === "model" && isDrafted ? 16 : 0;
				const { length } = isDrafted ? controller.decide(draft) : { length: 0 };
				const ms = costs.ms(length + 1);
				// It never learns, as if every draft were the first.
				controller.recordStep({
					draft:
						length > 0
							? draftOf(source, draft.evidence.slice(0, length))
							: undefined,
					acceptedTokens: 0,
					ms,
					draftingMs,
				});
				if (length > 0) verified++;
				const tryMs = ms - costs.plainMs + draftingMs;
				lostMs += tryMs;
				spentMs += ms + draftingMs;
				largestMs = Math.max(largestMs, tryMs);
				assert.ok(lostMs <= 2 * 10 + 0.005 * spentMs + largestMs + 1e-6);
			}
			assert.ok(verified > 2, "it was tried again");
		});
});
