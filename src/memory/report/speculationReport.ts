/** What guessing tokens ahead costs and gains with a loaded model, in words. Pure. */

import { formatBytes, formatPercent } from "../../base/units.ts";
import type { LoadReport } from "../../protocol/engineStatus.ts";
import type {
	Speculation,
	SpeculationCounters,
} from "../../protocol/speculation.ts";
import type { ModelShape } from "../shape/modelShape.ts";

export interface SpeculationFacts {
	readonly setting: Speculation;
	readonly shape: Pick<ModelShape, "experts">;
	readonly load: LoadReport;
	/** Of the last completions; undefined where nothing was drafted. */
	readonly counters: SpeculationCounters | undefined;
}

type VerifyMs = LoadReport["verifyMs"];

export interface PerfectGain {
	/** Verified at once. */
	readonly tokens: number;
	/** As a multiple of the speed one by one; at least 1. */
	readonly gain: number;
}

/** What drafts that are always right and cost nothing would gain, by the sizes that were measured; undefined where nothing was. */
export function perfectGain(verifyMs: VerifyMs): PerfectGain | undefined {
	let best: PerfectGain | undefined;
	for (const { tokens, gain } of verifyGains(verifyMs))
		if (!best || gain > best.gain) best = { tokens, gain };
	return best;
}

interface VerifyGain extends PerfectGain {
	readonly ms: number;
	/** As a multiple of one token's time. */
	readonly cost: number;
}

function verifyGains(verifyMs: VerifyMs): readonly VerifyGain[] {
	const [, plainMs] = verifyMs.find(([tokens]) => tokens === 1) ?? [];
	if (plainMs === undefined) return [];
	return verifyMs.map(([tokens, ms]) => {
		const cost = ms / plainMs;
		return { tokens, ms, cost, gain: tokens / cost };
	});
}

/** One line for the log. */
export function speculationSummary(
	setting: Speculation,
	{ verifyMs, draft }: LoadReport,
): string {
	const best = perfectGain(verifyMs);
	if (!best) return `nothing is drafted: ${whyNothing(setting)}`;
	const costs = verifyMs.map(([tokens, ms]) => `${tokens}: ${msText(ms)}`);
	return (
		`draft model: ${draft ?? "none"} (headroom.speculation: ${setting}); verifying takes, in ms by tokens, ${costs.join(", ")}; ` +
		`perfect drafts would be ${best.gain.toFixed(1)} x as fast at best`
	);
}

/** Lines of text. */
export function speculationReport(facts: SpeculationFacts): readonly string[] {
	const { setting, load, counters } = facts;
	const best = perfectGain(load.verifyMs);
	return [
		"TOKENS GUESSED AHEAD, which the model checks several at once (headroom.speculation)",
		"",
		`setting: ${setting}`,
		`draft model: ${draftText(facts)}`,
		`last completions: ${countersText(counters)}`,
		...(best
			? ["", ...costTable(load.verifyMs), "", perfectGainText(best)]
			: []),
	];
}

function draftText(facts: SpeculationFacts): string {
	const { draft, memory } = facts.load;
	if (draft === null) return `none: ${whyNoDraft(facts)}`;
	const places = memory
		.filter((it) => it.draft > 0)
		.map((it) => `${formatBytes(Math.round(it.draft))} of ${it.device}`);
	return [draft, ...places].join(", ");
}

/** As far as the load tells. */
function whyNoDraft({ setting, shape, load }: SpeculationFacts): string {
	if (load.verifyMs.length === 0) return whyNothing(setting);
	if (setting === "lookup")
		return "guesses are copied from text that is there, and from nothing else";
	if (shape.experts > 0)
		return "this model takes other experts for each token, so that several cost several times as much to check";
	return "no installed model has the same tokens, fits beside this one and may gain, or else this one is partly in RAM; the log says what was looked at";
}

/** The engine measures no costs in two cases only. */
function whyNothing(setting: Speculation): string {
	return setting === "off"
		? "it is switched off"
		: "what this model has read cannot be taken back token by token, as wrong guesses must be";
}

function countersText(counters: SpeculationCounters | undefined): string {
	if (!counters) return "nothing was guessed";
	const { acceptedShare, tokensPerStep, gain } = counters;
	return `${formatPercent(acceptedShare)} of the guesses accepted, ${tokensPerStep.toFixed(2)} tokens per step, ${gain.toFixed(2)} x as fast as one by one`;
}

function costTable(verifyMs: VerifyMs): readonly string[] {
	return [
		"What checking costs, as measured when the model was loaded",
		rowOf("tokens", "ms", "x one token", "gain if all are right"),
		...verifyGains(verifyMs).map(({ tokens, ms, cost, gain }) =>
			rowOf(String(tokens), msText(ms), cost.toFixed(2), gain.toFixed(2)),
		),
	];
}

function rowOf(
	tokens: string,
	ms: string,
	times: string,
	gain: string,
): string {
	return `  ${tokens.padStart(6)}${ms.padStart(10)}${times.padStart(14)}${gain.padStart(24)}`;
}

function msText(ms: number): string {
	return ms.toFixed(ms < 10 ? 2 : 1);
}

function perfectGainText({ tokens, gain }: PerfectGain): string {
	return tokens === 1
		? "To check several tokens takes no less time here than to make them one by one, as far as was measured: even guesses that were always right would gain nothing."
		: `If every guess were right and took no time, ${tokens} tokens checked at once would be ${gain.toFixed(1)} x as fast as one by one: the most that guesses could gain here, as far as was measured.`;
}
