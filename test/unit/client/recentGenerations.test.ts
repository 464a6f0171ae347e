import assert from "node:assert/strict";
import { Emitter } from "../../../src/base/event.ts";
import { RecentGenerations } from "../../../src/client/recentGenerations.ts";
import type { EngineStatus } from "../../../src/protocol/engineStatus.ts";
import type { GenerationStats } from "../../../src/protocol/generation.ts";
import type { SpeculationCounters } from "../../../src/protocol/speculation.ts";
import { someStats } from "../../support/fakes/fakeEngine.ts";

const cases: readonly (readonly [
	name: string,
	stats: readonly Partial<GenerationStats>[],
	tokensPerSecond: number | undefined,
	reusedShare: number | undefined,
])[] = [
	["nothing", [], undefined, undefined],
	[
		"one completion",
		[{ decodeTokens: 10, decodeMs: 200, promptTokens: 100, reusedTokens: 75 }],
		50,
		0.75,
	],
	[
		"two, the longer one counting more",
		[
			{ decodeTokens: 30, decodeMs: 300, promptTokens: 300, reusedTokens: 300 },
			{ decodeTokens: 10, decodeMs: 200, promptTokens: 100, reusedTokens: 0 },
		],
		80,
		0.75,
	],
	[
		"a prompt that was evaluated in advance, which is none",
		[
			{ decodeTokens: 0, decodeMs: 0, promptTokens: 500, reusedTokens: 0 },
			{ decodeTokens: 5, decodeMs: 100, promptTokens: 10, reusedTokens: 10 },
		],
		50,
		1,
	],
	[
		"more than are remembered",
		[
			{ decodeTokens: 1, decodeMs: 1e6, promptTokens: 1e6, reusedTokens: 0 },
			...Array.from({ length: 20 }, () => ({
				decodeTokens: 1,
				decodeMs: 10,
				promptTokens: 2,
				reusedTokens: 1,
			})),
		],
		100,
		0.5,
	],
];

/** Ten tokens in four steps and 40 ms, that would have taken 100 ms one by one. */
const drafted: Partial<GenerationStats> = {
	decodeTokens: 10,
	decodeSteps: 4,
	decodeMs: 40,
	plainDecodeMs: 100,
	draftedTokens: 8,
	acceptedTokens: 6,
};
const plain: Partial<GenerationStats> = {
	decodeTokens: 6,
	decodeSteps: 6,
	decodeMs: 60,
};

const speculations: readonly (readonly [
	name: string,
	stats: readonly Partial<GenerationStats>[],
	expected: SpeculationCounters,
])[] = [
	[
		"one completion",
		[drafted],
		{ acceptedShare: 0.75, tokensPerStep: 2.5, gain: 2.5 },
	],
	[
		"one without drafts with the others, as neither faster nor slower",
		[drafted, plain],
		{ acceptedShare: 0.75, tokensPerStep: 1.6, gain: 1.6 },
	],
	[
		"a loss as one",
		[{ ...drafted, decodeMs: 200 }],
		{ acceptedShare: 0.75, tokensPerStep: 2.5, gain: 0.5 },
	],
	[
		"drafts that were all wrong",
		[{ ...plain, plainDecodeMs: 48, draftedTokens: 5 }],
		{ acceptedShare: 0, tokensPerStep: 1, gain: 0.8 },
	],
	[
		"no more than time can tell",
		[{ ...drafted, decodeMs: 0 }],
		{ acceptedShare: 0.75, tokensPerStep: 2.5, gain: 1 },
	],
];

function setUp() {
	const completed = new Emitter<GenerationStats>();
	const status = new Emitter<EngineStatus>();
	const recent = new RecentGenerations(completed.event, status.event);
	return { recent, completed, status };
}

describe("RecentGenerations", () => {
	for (const [name, stats, tokensPerSecond, reusedShare] of cases)
		it(`counts ${name}`, () => {
			const { recent, completed } = setUp();
			let changes = 0;
			recent.onDidChange(() => changes++);
			for (const it of stats) completed.fire({ ...someStats, ...it });
			assert.deepEqual(recent.counters, {
				tokensPerSecond,
				reusedShare,
				speculation: undefined,
			});
			assert.equal(
				changes,
				stats.filter(({ decodeTokens }) => decodeTokens !== 0).length,
			);
		});

	for (const [name, stats, expected] of speculations)
		it(`sums speculation ${name}`, () => {
			const { recent, completed } = setUp();
			for (const it of stats) completed.fire({ ...someStats, ...it });
			assert.deepEqual(recent.counters.speculation, expected);
		});

	for (const kind of ["starting", "loading"] as const)
		it(`starts over when the engine is ${kind}`, () => {
			const { recent, completed, status } = setUp();
			completed.fire(someStats);
			status.fire({ kind: "stopped" });
			assert.ok(recent.counters.tokensPerSecond);
			status.fire({ kind, file: "b", fraction: 0 });
			assert.equal(recent.counters.tokensPerSecond, undefined);
			assert.equal(recent.counters.reusedShare, undefined);
		});
});
