/** What speculative decoding costs and gains with a loaded model, as figures. Pure. */

import type { LoadReport } from "../../protocol/engineStatus.ts";
import type {
	SpeculationCounters,
	SpeculationMode,
} from "../../protocol/speculation.ts";
import type { ModelShape } from "../shape/modelShape.ts";

export interface SpeculationFacts {
	readonly setting: SpeculationMode;
	readonly shape: Pick<ModelShape, "experts">;
	readonly load: LoadReport;
	/** Of recent completions; undefined if nothing was drafted. */
	readonly counters: SpeculationCounters | undefined;
}

type VerifyMs = LoadReport["verifyMs"];

/** Why nothing is drafted at all. */
export type NoSpeculation = "off" | "noRollback";

/** Why no model drafts. */
export type NoDraftModel =
	| NoSpeculation
	/** The setting allows prompt lookup only. */
	| "lookupOnly"
	/** Verifying several tokens of a mixture of experts reads several sets of experts. */
	| "experts"
	| "noneSuitable";

export interface PerfectGain {
	/** Verified at once. */
	readonly tokens: number;
	/** As a multiple of the speed of plain decoding; at least 1. */
	readonly gain: number;
}

/**
 * Upper bound for the gain, over the measured batch sizes: drafts that are always accepted and cost nothing. Undefined without
 * measurements.
 */
export function perfectGain(verifyMs: VerifyMs): PerfectGain | undefined {
	let best: PerfectGain | undefined;
	for (const { tokens, gain } of verifyGains(verifyMs))
		if (!best || gain > best.gain) best = { tokens, gain };
	return best;
}

export interface VerifyGain extends PerfectGain {
	readonly ms: number;
	/** As a multiple of the time for one token. */
	readonly cost: number;
}

export function verifyGains(verifyMs: VerifyMs): readonly VerifyGain[] {
	const [, plainMs] = verifyMs.find(([tokens]) => tokens === 1) ?? [];
	if (plainMs === undefined) return [];
	return verifyMs.map(([tokens, ms]) => {
		const cost = ms / plainMs;
		return { tokens, ms, cost, gain: tokens / cost };
	});
}

/** Inferred from the load. Undefined if a model drafts. */
export function whyNoDraftModel({
	setting,
	shape,
	load,
}: SpeculationFacts): NoDraftModel | undefined {
	if (load.draft !== null) return undefined;
	if (load.verifyMs.length === 0) return whyNoSpeculation(setting);
	if (setting === "lookup") return "lookupOnly";
	return shape.experts > 0 ? "experts" : "noneSuitable";
}

/** For a load without measurements of verification, which the engine skips in these two cases only. */
export function whyNoSpeculation(setting: SpeculationMode): NoSpeculation {
	return setting === "off" ? "off" : "noRollback";
}
