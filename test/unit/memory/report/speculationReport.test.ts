import assert from "node:assert/strict";
import { english } from "../../../../src/base/sentence.ts";
import {
	perfectGain,
	type SpeculationFacts,
} from "../../../../src/memory/report/speculationReport.ts";
import {
	speculationSummary,
	speculationText,
} from "../../../../src/memory/report/speculationText.ts";
import type { HeldMemory } from "../../../../src/protocol/engineStatus.ts";
import { fakeLoad, fakeShape } from "../../../support/fakes/fakeRuntime.ts";
import { assertGolden } from "../../../support/golden/golden.ts";

const held: HeldMemory = {
	device: "NVIDIA GeForce RTX 4060",
	kind: "discrete",
	weights: 2 ** 32,
	kvCache: 0,
	buffers: 0,
	draft: 2 ** 28,
	freeBytes: 0,
	totalBytes: 2 ** 33,
};
const ram: HeldMemory = { ...held, device: "AMD Ryzen 7", kind: "cpu" };

/** A card verifies many tokens at little more than the cost of one, an old CPU does not. */
const onCard: SpeculationFacts["load"]["verifyMs"] = [
	[1, 10.2],
	[2, 11.5],
	[8, 15.3],
	[16, 39],
	[64, 170.04],
];
const onCpu: typeof onCard = [
	[1, 5],
	[2, 20],
	[4, 21],
];

const facts: SpeculationFacts = {
	setting: "auto",
	shape: fakeShape,
	load: {
		...fakeLoad,
		memory: [held, { ...ram, draft: 0 }],
		draft: "Qwen2.5-Coder 0.5B",
		verifyMs: onCard,
	},
	counters: { acceptedShare: 0.784, tokensPerStep: 2.436, gain: 1.62 },
};
const alone = { ...facts.load, draft: null };

const reports: Readonly<Record<string, SpeculationFacts>> = {
	"a draft model on a card": facts,
	"a draft model on two devices, nothing drafted yet": {
		...facts,
		load: { ...facts.load, memory: [held, ram] },
		counters: undefined,
	},
	"no draft": { ...facts, load: alone },
	"on a CPU": {
		...facts,
		load: { ...alone, verifyMs: onCpu },
		counters: undefined,
	},
	"prompt lookup only": { ...facts, setting: "lookup", load: alone },
	"a mixture of experts": {
		...facts,
		shape: { experts: 64 },
		load: alone,
	},
	"switched off": {
		...facts,
		setting: "off",
		load: { ...alone, verifyMs: [] },
		counters: undefined,
	},
	"a state that cannot be rolled back": {
		...facts,
		load: { ...alone, verifyMs: [] },
		counters: undefined,
	},
};

describe("the speculation report", () => {
	it("matches the golden text", () => {
		assertGolden(
			"speculationReport",
			Object.entries(reports)
				.map(([name, it]) =>
					[
						`=== ${name}`,
						...speculationText(it, english),
						"",
						`log: ${speculationSummary(it.setting, it.load)}`,
						"",
					].join("\n"),
				)
				.join("\n"),
		);
	});

	for (const [name, verifyMs, expected] of [
		["the best size, and not the largest", onCard, { tokens: 8, gain: 5.33 }],
		["no gain where several cost as much each", onCpu, { tokens: 1, gain: 1 }],
		["nothing where nothing was measured", [], undefined],
		["nothing without the time of one token", [[2, 8]], undefined],
	] as const)
		it(`takes for the most that drafts can gain ${name}`, () => {
			const best = perfectGain(verifyMs);
			assert.deepEqual(
				best && { ...best, gain: Math.round(best.gain * 100) / 100 },
				expected,
			);
		});
});
