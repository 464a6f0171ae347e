/** Words the costs and gains of speculative decoding with a loaded model. */

import { assertNever } from "../../base/assert.ts";
import { english, type Translate } from "../../base/sentence.ts";
import { formatBytes, formatPercent } from "../../base/units.ts";
import type { LoadReport } from "../../protocol/engineStatus.ts";
import type {
	SpeculationCounters,
	SpeculationMode,
} from "../../protocol/speculation.ts";
import {
	type NoDraftModel,
	type PerfectGain,
	perfectGain,
	type SpeculationFacts,
	verifyGains,
	whyNoDraftModel,
	whyNoSpeculation,
} from "./speculationReport.ts";

/** One line for the log, in English. */
export function speculationSummary(
	setting: SpeculationMode,
	{ verifyMs, draft }: LoadReport,
): string {
	const best = perfectGain(verifyMs);
	if (!best)
		return `no speculative decoding: ${noDraftText(whyNoSpeculation(setting), english)}`;
	const costs = verifyMs.map(([tokens, ms]) => `${tokens}: ${msText(ms)}`);
	return (
		`draft model: ${draft ?? "none"} (headroom.speculation: ${setting}); verification takes, in ms by tokens, ${costs.join(", ")}; ` +
		`perfect drafts would be ${best.gain.toFixed(1)} x as fast at best`
	);
}

/** Lines of text. */
export function speculationText(
	facts: SpeculationFacts,
	t: Translate,
): readonly string[] {
	const { setting, load, counters } = facts;
	const best = perfectGain(load.verifyMs);
	return [
		t("SPECULATIVE DECODING (headroom.speculation)"),
		"",
		t("setting: {setting}", { setting }),
		t("draft model: {draft}", { draft: draftText(facts, t) }),
		t("last completions: {counters}", { counters: countersText(counters, t) }),
		...(best
			? ["", ...costTable(load.verifyMs, t), "", perfectGainText(best, t)]
			: []),
	];
}

function draftText(facts: SpeculationFacts, t: Translate): string {
	const { draft, memory } = facts.load;
	const why = whyNoDraftModel(facts);
	if (why !== undefined) return t("none: {why}", { why: noDraftText(why, t) });
	const places = memory
		.filter((it) => it.draft > 0)
		.map((it) =>
			t("{bytes} on {device}", {
				bytes: formatBytes(Math.round(it.draft)),
				device: it.device,
			}),
		);
	return [draft, ...places].join(", ");
}

function noDraftText(why: NoDraftModel, t: Translate): string {
	switch (why) {
		case "off":
			return t("speculation is switched off");
		case "noRollback":
			return t(
				"the state of this model cannot be rolled back to an earlier token, so that no draft could be rejected",
			);
		case "lookupOnly":
			return t("the setting allows prompt lookup decoding only");
		case "experts":
			return t(
				"this model is a mixture of experts: each token reads other experts, so that verifying several tokens costs several times as much",
			);
		case "noneSuitable":
			return t(
				"no installed model has the same vocabulary, fits beside this one and promises a gain, or this one is partly in RAM; the log lists the candidates",
			);
		default:
			return assertNever(why);
	}
}

function countersText(
	counters: SpeculationCounters | undefined,
	t: Translate,
): string {
	if (!counters) return t("nothing was drafted");
	const { acceptedShare, tokensPerStep, gain } = counters;
	return t(
		"acceptance rate {accepted}, {tokens} tokens per step, {gain} x as fast as plain decoding",
		{
			accepted: formatPercent(acceptedShare),
			tokens: tokensPerStep.toFixed(2),
			gain: gain.toFixed(2),
		},
	);
}

function costTable(
	verifyMs: LoadReport["verifyMs"],
	t: Translate,
): readonly string[] {
	return [
		t("Cost of verification, measured when the model was loaded"),
		rowText(t("tokens"), "ms", t("x one token"), t("gain if all are accepted")),
		...verifyGains(verifyMs).map(({ tokens, ms, cost, gain }) =>
			rowText(String(tokens), msText(ms), cost.toFixed(2), gain.toFixed(2)),
		),
	];
}

function rowText(
	tokens: string,
	ms: string,
	times: string,
	gain: string,
): string {
	return `  ${tokens.padStart(6)}${ms.padStart(10)}${times.padStart(14)}${gain.padStart(27)}`;
}

function msText(ms: number): string {
	return ms.toFixed(ms < 10 ? 2 : 1);
}

function perfectGainText({ tokens, gain }: PerfectGain, t: Translate): string {
	return tokens === 1
		? t(
				"Verifying several tokens at once is no faster here than decoding them one by one: even perfect drafts would gain nothing.",
			)
		: t(
				"Upper bound: if every draft were accepted and cost nothing, verifying {tokens} tokens at once would be {gain} x as fast as plain decoding.",
				{ tokens: String(tokens), gain: gain.toFixed(1) },
			);
}
