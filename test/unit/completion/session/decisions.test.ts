import assert from "node:assert/strict";
import { inEnglish } from "../../../../src/base/sentence.ts";
import type { NoSuggestionReason } from "../../../../src/completion/reasons/reasons.ts";
import {
	type CompletionDecision,
	type CountedDecision,
	DecisionHistory,
	decisionText,
	describeDecision,
} from "../../../../src/completion/session/decisions.ts";
import { createError } from "../../../../src/protocol/errors.ts";
import { someStats } from "../../../support/fakes/fakeEngine.ts";

const suggested: CompletionDecision = {
	atMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
	path: "src/a.ts",
	languageId: "typescript",
	line: 12,
	column: 8,
	isExplicit: false,
	outcome: { kind: "suggested", characters: 24, source: "engine" },
	work: { requestId: "c7", stats: someStats, firedFilters: [] },
	totalMs: 41.6,
};

const none = (
	reason: NoSuggestionReason,
	more: Partial<CompletionDecision> = {},
): CompletionDecision => ({
	...suggested,
	outcome: { kind: "none", reason },
	work: undefined,
	...more,
});
const cancelled = (more: Partial<CompletionDecision> = {}) =>
	none({ kind: "cancelled" }, more);
const failed = none({
	kind: "failed",
	error: createError("engineStopped", {}),
});
const crashed = none({
	kind: "failed",
	error: createError("engineCrashed", { why: "SIGSEGV" }),
});

function decisionsAfter(
	decisions: readonly CompletionDecision[],
	capacity?: number,
) {
	const all = new DecisionHistory(capacity);
	for (const decision of decisions) all.add(decision);
	return all.newestFirst();
}

describe("the decisions", () => {
	it("are kept newest first, up to fifty", () => {
		const many = Array.from({ length: 60 }, (_, index) => ({
			...suggested,
			line: index,
		}));
		assert.deepEqual(
			decisionsAfter(many).map(({ line }) => line),
			Array.from({ length: 50 }, (_, index) => 59 - index),
		);
	});

	it("of an equivalent run are merged into the latest", () => {
		const run = [8, 9, 10].map((column) => cancelled({ column }));
		assert.deepEqual(decisionsAfter([suggested, ...run]), [
			{ ...cancelled({ column: 10 }), count: 3 },
			{ ...suggested, count: 1 },
		]);
	});

	it("with an answer stay, however many cancelled ones follow", () => {
		const kept = decisionsAfter(
			[suggested, ...Array.from({ length: 100 }, () => cancelled())],
			2,
		);
		assert.deepEqual(
			kept.map(({ outcome, count }) => [outcome.kind, count]),
			[
				["none", 100],
				["suggested", 1],
			],
		);
	});

	for (const [what, first, second, entries] of [
		["cancelled", cancelled(), cancelled(), 1],
		["switched off", none({ kind: "off" }), none({ kind: "off" }), 1],
		["the same failure", failed, failed, 1],
		["different failures", failed, crashed, 2],
		["different reasons", cancelled(), none({ kind: "off" }), 2],
		["different files", cancelled(), cancelled({ path: "src/b.ts" }), 2],
		["one requested manually", cancelled(), cancelled({ isExplicit: true }), 2],
		["suggestions", suggested, suggested, 2],
		["empty answers", none({ kind: "empty" }), none({ kind: "empty" }), 2],
		[
			"filtered answers",
			none({ kind: "filtered", filter: "loop" }),
			none({ kind: "filtered", filter: "loop" }),
			2,
		],
	] as const)
		it(`of two (${what}) make ${entries}`, () =>
			assert.equal(decisionsAfter([first, second]).length, entries));
});

describe("describing a decision", () => {
	const described = (decision: CompletionDecision, count = 1) => {
		const { outcome, place, details } = describeDecision({
			...decision,
			count,
		});
		return [inEnglish(outcome), place, details.map(inEnglish).join("; ")];
	};

	it("has the suggestion, the place and the cost", () =>
		assert.deepEqual(described(suggested), [
			"Suggested 24 characters.",
			"src/a.ts:12:8",
			"prompt 10 tokens, 50 % reused; prefill 1 ms; first token after 1 ms; total 42 ms",
		]));

	it("has the tokens left out and the filters that fired", () =>
		assert.deepEqual(
			described(
				none(
					{ kind: "filtered", filter: "loop" },
					{
						isExplicit: true,
						work: {
							requestId: "c8",
							stats: {
								...someStats,
								leftOutTokens: 7,
								timeToFirstTokenMs: null,
							},
							firedFilters: ["loop", "blank"],
						},
					},
				),
			),
			[
				"The model repeated itself in a loop.",
				"src/a.ts:12:8",
				"requested manually; prompt 10 tokens, 50 % reused; 7 tokens left out; prefill 1 ms; total 42 ms; filters: loop, blank",
			],
		));

	it("of a cache hit has no cost", () =>
		assert.deepEqual(
			described({
				...suggested,
				outcome: { kind: "suggested", characters: 1, source: "cache" },
				work: undefined,
			}),
			["Suggested 1 character.", "src/a.ts:12:8", "cache hit; total 42 ms"],
		));

	it("has the length of a run", () =>
		assert.match(described(cancelled(), 3)[2] ?? "", /^3 times in a row; /));

	it("does not divide by an empty prompt", () =>
		assert.match(
			described({
				...suggested,
				work: {
					requestId: "c9",
					stats: { ...someStats, promptTokens: 0, reusedTokens: 0 },
					firedFilters: [],
				},
			})[2] ?? "",
			/prompt 0 tokens, 0 % reused/,
		));

	it("as text is one line with the time and the request", () => {
		const decision: CountedDecision = { ...suggested, count: 1 };
		assert.equal(
			decisionText(decision),
			"2026-01-02T03:04:05.678Z src/a.ts:12:8 (typescript): Suggested 24 characters. " +
				"prompt 10 tokens, 50 % reused; prefill 1 ms; first token after 1 ms; total 42 ms; request c7",
		);
	});
});
