import assert from "node:assert/strict";
import { Emitter } from "../../../src/base/event.ts";
import { RecentGenerations } from "../../../src/client/recentGenerations.ts";
import type { EngineStatus } from "../../../src/protocol/engineStatus.ts";
import type { GenerationStats } from "../../../src/protocol/generation.ts";
import { someStats } from "../../support/fakeEngine.ts";

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
			assert.deepEqual(recent.counters, { tokensPerSecond, reusedShare });
			assert.equal(
				changes,
				stats.filter(({ decodeTokens }) => decodeTokens !== 0).length,
			);
		});

	for (const kind of ["starting", "loading"] as const)
		it(`forgets what another model did: ${kind}`, () => {
			const { recent, completed, status } = setUp();
			completed.fire(someStats);
			status.fire({ kind: "stopped" });
			assert.ok(recent.counters.tokensPerSecond);
			status.fire({ kind, file: "b", fraction: 0 });
			assert.equal(recent.counters.tokensPerSecond, undefined);
			assert.equal(recent.counters.reusedShare, undefined);
		});
});
