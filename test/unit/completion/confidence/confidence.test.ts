import assert from "node:assert/strict";
import { nullLog } from "../../../../src/base/log.ts";
import {
	noOutcomes,
	thresholdFor,
	withOutcome,
} from "../../../../src/completion/confidence/acceptance.ts";
import { Confidence } from "../../../../src/completion/confidence/confidence.ts";
import {
	AcceptanceRecord,
	type ConfidenceMode,
	emptyAcceptance,
	withCounts,
} from "../../../../src/protocol/completion/confidence.ts";
import { seededRandom } from "../../../support/seededRandom.ts";

/** A model whose text is right as often as it says. */
const honest = [0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95];

/** The threshold after so many suggestions, each shown only if it is sure enough by then. */
function learned(
	suggestions: number,
	chanceOf: (probability: number) => number,
	from = noOutcomes,
): { threshold: number; counts: typeof noOutcomes } {
	const random = seededRandom(11);
	let counts = from;
	for (let shown = 0; shown < suggestions; ) {
		const probability = random();
		if (probability < thresholdFor(honest, counts, 0.25)) continue;
		shown++;
		const isAccepted = random() < chanceOf(probability);
		counts = withOutcome(counts, { probability, isAccepted });
	}
	return { threshold: thresholdFor(honest, counts, 0.25), counts };
}

describe("what is learned from accepted and rejected suggestions", () => {
	it("begins with the calibration of the model", () => {
		assert.equal(thresholdFor(honest, noOutcomes, 0.25), 0.25);
		assert.equal(thresholdFor(honest, noOutcomes, 0.5), 0.5);
		// Between two ranges.
		assert.equal(
			thresholdFor(honest, noOutcomes, 0.3).toFixed(3),
			(0.3).toFixed(3),
		);
		assert.equal(
			thresholdFor(
				honest.map(() => 0.5),
				noOutcomes,
				0.25,
			),
			0,
		);
	});

	it("stays there with a user who accepts what is right", () => {
		const { threshold } = learned(1000, (probability) => probability);
		assert.ok(Math.abs(threshold - 0.25) < 0.1, `${threshold}`);
	});

	it("shows less to a user who accepts half of what is right", () => {
		const { threshold } = learned(1000, (probability) => probability / 2);
		assert.ok(Math.abs(threshold - 0.5) < 0.12, `${threshold}`);
	});

	it("shows more to a user who accepts more than that", () => {
		const { threshold } = learned(1000, (probability) =>
			Math.min(1, probability * 2),
		);
		assert.ok(threshold < 0.2, `${threshold}`);
	});

	it("never falls silent, and forgets", () => {
		const rejected = learned(300, () => 0);
		assert.equal(rejected.threshold, 0.9);
		const later = learned(1000, (probability) => probability, rejected.counts);
		assert.ok(later.threshold < 0.4, `${later.threshold}`);
	});

	it("is a threshold from 0 to 0.9 for all outcomes", () => {
		const random = seededRandom(2);
		let counts = noOutcomes;
		for (let round = 0; round < 500; round++) {
			counts = withOutcome(counts, {
				probability: round % 7 === 0 ? 1 : random(),
				isAccepted: random() < 0.6,
			});
			const shares = honest.map(() => random());
			const thresholds = [0.1, 0.3, 0.5, 0.7].map((chance) =>
				thresholdFor(shares, counts, chance),
			);
			assert.ok(thresholds.every((it) => it >= 0 && it <= 0.9));
			assert.deepEqual(
				[...thresholds].sort((a, b) => a - b),
				thresholds,
			);
		}
		assert.ok(
			AcceptanceRecord.safeParse(withCounts(emptyAcceptance, "m", counts))
				.success,
		);
	});
});

describe("confidence", () => {
	function confidence(
		mode: ConfidenceMode,
		model: { name: string | undefined } = { name: "a model" },
	) {
		let record: AcceptanceRecord = emptyAcceptance;
		const it = new Confidence({
			mode: () => mode,
			model: () => model.name,
			acceptance: {
				get: () => record,
				set: (changed) => {
					record = changed;
				},
			},
			log: nullLog,
		});
		return { it, record: () => record };
	}
	const pieces = [
		{ text: "return", probability: 0.97 },
		{ text: " value", probability: 0.01 },
	];

	it("shows everything with more, and the less the stricter it is", () => {
		assert.equal(
			confidence("more").it.gate.shownPart(pieces, 0, "typescript"),
			"return value",
		);
		assert.equal(
			confidence("fewer").it.gate.shownPart(pieces, 0, "typescript"),
			"return",
		);
		const [more, balanced, fewer] = (
			["more", "balanced", "fewer"] as const
		).map((mode) => confidence(mode).it.threshold);
		assert.ok(more === 0 && balanced !== undefined && fewer !== undefined);
		assert.ok(0 < balanced && balanced < fewer);
		assert.equal(confidence("automatic").it.threshold, balanced);
	});

	it("learns for the loaded model alone, in automatic mode alone", () => {
		const model = { name: "one" as string | undefined };
		const { it, record } = confidence("automatic", model);
		const before = it.threshold;
		for (let shown = 0; shown < 100; shown++)
			it.record({ probability: before + 0.05, isAccepted: false });
		assert.ok(it.threshold > before);
		model.name = "other";
		assert.equal(it.threshold, before);
		model.name = undefined;
		it.record({ probability: 0.5, isAccepted: true });
		assert.deepEqual(
			record().models.map((known) => known.model),
			["one"],
		);
	});

	it("learns from what was shown unasked, by its probability when it was first read", () => {
		const { it, record } = confidence("automatic");
		const accepted = () =>
			record().models[0]?.counts.map((range) => range.accepted);
		const part = {
			requestId: "c1",
			pieces: [
				{ text: "ab", probability: 0.5 },
				{ text: "cd", probability: 0.5 },
			],
		};
		it.shown({ ...part, typedChars: 0, text: "abcd" });
		it.shown({ ...part, typedChars: 2, text: "cd" });
		it.accepted();
		assert.deepEqual(accepted(), [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
		const known = record();
		// Accepted already; nothing shown; asked for.
		it.accepted();
		it.shown({ ...part, typedChars: 0, text: "abcd" });
		it.shown(undefined);
		it.rejected();
		assert.equal(record(), known);
		it.shown({ ...part, typedChars: 2, text: "cd" });
		it.rejected();
		assert.equal(record().models[0]?.counts[5]?.shown, 1);
	});

	it("begins with what was measured of the model, by the beginning of its name", () => {
		const [builtIn, base, instruct, other] = [
			"Headroom Built-in 7M",
			"Qwen2.5-Coder-0.5B",
			"Qwen2.5 Coder 0.5B Instruct AWQ",
			"Some Model",
		].map((name) => confidence("fewer", { name }).it.threshold.toFixed(2));
		assert.deepEqual(
			[builtIn, base, instruct, other],
			["0.49", "0.63", "0.63", "0.50"],
		);
	});

	it("remembers fifty models", () => {
		const model = { name: "" };
		const { it, record } = confidence("balanced", model);
		for (let count = 0; count < 60; count++) {
			model.name = `model ${count}`;
			it.record({ probability: 0.5, isAccepted: true });
		}
		assert.equal(record().models.length, 50);
		assert.equal(record().models.at(-1)?.model, "model 59");
		assert.ok(AcceptanceRecord.safeParse(record()).success);
	});
});
