/** Words the memory gauge, for the status bar, the tooltip and screen readers. */

import { assert, assertNever } from "../../base/assert.ts";
import type { Translate } from "../../base/sentence.ts";
import { formatBytes, formatMs, formatPercent } from "../../base/units.ts";
import type { GenerationCounters } from "../../client/recentGenerations.ts";
import type { SuppressionReason } from "../../completion/reasons/suppression.ts";
import {
	type Gauge,
	type GaugeMemory,
	type GaugePart,
	gaugeParts,
	partsIn,
	usedBytes,
} from "../../memory/report/gauge.ts";
import {
	type EngineStatus,
	type LoadReport,
	ownChat,
	warningsOf,
} from "../../protocol/engineStatus.ts";
import { errorText } from "../../protocol/errors.ts";
import type { ModelDescription } from "../../protocol/model.ts";
import { type RolesView, rolesView } from "../../protocol/roles/rolesView.ts";
import type { SpeculationCounters } from "../../protocol/speculation.ts";

export interface GaugeView {
	readonly gauge: Gauge;
	readonly status: EngineStatus;
	readonly counters: GenerationCounters;
	/** Why automatic suggestions are off, also as a sentence. */
	readonly suppression:
		| { readonly reason: SuppressionReason; readonly sentence: string }
		| undefined;
}

/** How a state is shown without color. */
interface Look {
	readonly icon: string;
	/** Shown in the status bar beside the memory use; empty if that suffices. */
	readonly word: string;
	/** For screen readers and the tooltip. */
	readonly spoken: string;
}

/** Such as `$(headroom-gauge-5) 5.2/8.0 GB`. */
export function gaugeText(view: GaugeView, t: Translate): string {
	const { icon, word } = lookOf(view, t);
	const { gauge, status } = view;
	const name = "model" in status && word === "" ? status.model.name : "";
	const words = [word, gauge.usage || name].filter((it) => it !== "");
	return `$(${icon}) ${words.join(" ")}`;
}

/** The contents of the tooltip, as sentences. */
export function gaugeLabel(view: GaugeView, t: Translate): string {
	const { memories } = view.gauge;
	const { spoken } = lookOf(view, t);
	return [
		`Headroom: ${spoken}`,
		...sentencesOf(view, t),
		...factsOf(view, t).map(([name, value]) => `${name}: ${value}`),
		...memories.map((it) => memoryText(it, view, t)),
	]
		.map((it) => it.replace(/[.]?$/, "."))
		.join(" ");
}

/** Untrusted Markdown: names come from files that anyone may have made. */
export function gaugeTooltip(view: GaugeView, t: Translate): string {
	const facts = factsOf(view, t);
	return [
		`**${escapeMarkdown(lookOf(view, t).spoken)}**`,
		...sentencesOf(view, t).map(escapeMarkdown),
		...(facts.length > 0 ? [table(["", ""], facts)] : []),
		...view.gauge.memories.map((it) => memoryTable(it, view, t)),
	].join("\n\n");
}

function lookOf({ gauge, status, suppression }: GaugeView, t: Translate): Look {
	switch (gauge.state) {
		case "stopped":
			return {
				icon: "circle-outline",
				word: "Headroom",
				spoken: t("Not running"),
			};
		case "loading":
			return spinning(loadingWord(status, t));
		case "generating":
			return { ...spinning(t("Generating")), word: "" };
		case "ready":
			return {
				icon: `headroom-gauge-${gauge.level}`,
				word: "",
				spoken: t("Ready"),
			};
		case "paused":
			assert(suppression, "there is a reason");
			return suppressedLook(suppression.reason, t);
		case "pressure":
			return lookSaying("warning", t("Low memory"));
		case "spill":
			return lookSaying("headroom-gauge-spill", t("Slow"));
		case "failed":
			return lookSaying("error", t("No model"));
		case "crashed":
			return lookSaying(
				"error",
				isGivenUp(status) ? t("Stopped") : t("Restarting"),
			);
		default:
			return assertNever(gauge.state);
	}
}

export function isGivenUp(status: EngineStatus): boolean {
	return status.kind === "crashed" && status.restartInMs === null;
}

function lookSaying(icon: string, word: string): Look {
	return { icon, word, spoken: word };
}

function spinning(word: string): Look {
	return lookSaying("loading~spin", word);
}

function loadingWord(status: EngineStatus, t: Translate): string {
	switch (status.kind) {
		case "loading":
			return t("Loading {percent}", {
				percent: formatPercent(status.fraction),
			});
		case "warmingUp":
			return t("Warming up");
		case "ready":
		case "generating": {
			const chat = ownChat(status);
			return chat?.state === "loading"
				? t("Loading chat {percent}", {
						percent: formatPercent(chat.fraction),
					})
				: t("Warming up chat");
		}
		default:
			return t("Starting");
	}
}

function suppressedLook(reason: SuppressionReason, t: Translate): Look {
	switch (reason.kind) {
		case "off":
			return lookSaying("circle-slash", t("Headroom off"));
		case "languageOff":
			return lookSaying(
				"circle-slash",
				t("Off for {languageId}", { languageId: reason.languageId }),
			);
		case "snoozed":
			return lookSaying("bell-slash", t("Snoozed"));
		case "secretFile":
			return lookSaying("lock", t("Off in this file"));
		default:
			return assertNever(reason);
	}
}

/** Describes the model, or why there is none; and warnings. */
function sentencesOf(
	{ gauge, status, suppression }: GaugeView,
	t: Translate,
): readonly string[] {
	const pause =
		gauge.state === "paused" && suppression ? [suppression.sentence] : [];
	switch (status.kind) {
		case "stopped":
			return [
				...pause,
				pause.length > 0
					? t("The engine is not running.")
					: t("The engine starts with the first completion."),
			];
		case "starting":
			return [t("The engine is starting.")];
		case "loading":
			return [t("Loading {file}", { file: status.file })];
		case "warmingUp":
			return [modelDetail(status.model)];
		case "ready":
		case "generating": {
			return [
				...(ownChat(status)
					? rolesText(rolesView(status), t)
					: [modelDetail(status.model)]),
				...pause,
				...warningsOf(status).map((it) => errorText(it, t)),
				...(gauge.state === "pressure"
					? [t("Little memory is left for other programs.")]
					: []),
			];
		}
		case "failed":
		case "crashed":
			return [errorText(status.error, t)];
		default:
			return assertNever(status);
	}
}

/** A sentence for the model of each role. */
function rolesText(
	{ completion, chat }: RolesView,
	t: Translate,
): readonly string[] {
	const model = (view: RolesView["chat"]) =>
		view.model ? modelDetail(view.model) : fileName(view.file ?? "");
	return [
		completion.state === "away"
			? t(
					"Completion: {model}, unloaded until the chat is idle, as there is no room for both",
					{ model: model(completion) },
				)
			: t("Completion: {model}", { model: model(completion) }),
		chatText(chat, model(chat), t),
	];
}

function chatText(
	{ state, error, decodeTokensPerSecond, loadMs }: RolesView["chat"],
	model: string,
	t: Translate,
): string {
	switch (state) {
		case "unloaded":
			return t("Chat: {model}, loaded when you ask", { model });
		case "failed":
			return t("Chat: {problem}", {
				problem: error ? errorText(error, t) : "",
			});
		case "ready":
		case "generating":
			return t("Chat: {model}, {count} tokens per second, loaded in {time}", {
				model,
				count: String(Math.round(decodeTokensPerSecond ?? 0)),
				time: formatMs(loadMs ?? 0),
			});
		default:
			return t("Chat: {model}, loading", { model });
	}
}

/** Of a path of any system. */
function fileName(file: string): string {
	return file.split(/[\\/]/).at(-1) ?? file;
}

function modelDetail(model: ModelDescription): string {
	return `${model.name}, ${model.quantization}, ${formatBytes(model.fileBytes)}`;
}

type Row = readonly [name: string, value: string];

function factsOf(
	{ status, counters }: GaugeView,
	t: Translate,
): readonly Row[] {
	if (status.kind !== "ready" && status.kind !== "generating") return [];
	if (status.isAway) return [];
	const { contextWindow, sequences, kvType, draft, decodeTokensPerSecond } =
		status.load;
	const { tokensPerSecond, reusedShare, speculation } = counters;
	return [
		[
			t("Context window"),
			t("{sequences} × {tokens} tokens", {
				sequences: String(sequences),
				tokens: String(contextWindow),
			}),
		],
		[t("KV cache type"), kvTypeNames[kvType]],
		[
			t("Speed"),
			t("{count} tokens per second", {
				count: String(Math.round(tokensPerSecond ?? decodeTokensPerSecond)),
			}),
		],
		...(reusedShare === undefined
			? []
			: [[t("Prompt reused"), formatPercent(reusedShare)] as const]),
		...(draft === null ? [] : [[t("Draft model"), draft] as const]),
		...(speculation && speculation.gain >= minShownGain
			? [[t("Speculative decoding"), speculationText(speculation, t)] as const]
			: []),
	];
}

/** A smaller gain is within the noise of its measurement. */
const minShownGain = 1.05;

function speculationText(
	{ acceptedShare, tokensPerStep, gain }: SpeculationCounters,
	t: Translate,
): string {
	return t("{gain} × faster, {accepted} accepted, {tokens} tokens per step", {
		accepted: formatPercent(acceptedShare),
		tokens: tokensPerStep.toFixed(1),
		gain: gain.toFixed(1),
	});
}

const kvTypeNames: Readonly<Record<LoadReport["kvType"], string>> = {
	f16: "F16",
	q8_0: "Q8_0",
};

function memoryName({ kind, devices }: GaugeMemory, t: Translate): string {
	const [device = ""] = devices;
	switch (kind) {
		case "discrete":
			return device;
		case "unified":
			return t("{device}, unified memory", { device });
		case "cpu":
			return devices.length > 1
				? t("RAM, shared with {device}", { device })
				: t("RAM");
		default:
			return assertNever(kind);
	}
}

function partName(
	part: GaugePart,
	{ status }: GaugeView,
	t: Translate,
): string {
	switch (part) {
		case "weights":
			return t("Weights");
		case "kvCache":
			return t("KV cache");
		case "buffers":
			return t("Buffers");
		case "draft":
			return t("Draft model");
		case "others":
			return "load" in status &&
				!status.isAway &&
				status.load.memory.length === 0
				? t("In use, including the model")
				: t("Other programs");
		case "free":
			return t("Free");
		default:
			return assertNever(part);
	}
}

function shownParts({ bytes }: GaugeMemory): readonly GaugePart[] {
	return gaugeParts.filter((it) => bytes[it] > 0 || it === "free");
}

function memoryText(
	memory: GaugeMemory,
	view: GaugeView,
	t: Translate,
): string {
	const parts = shownParts(memory).map(
		(it) => `${partName(it, view, t)} ${formatBytes(memory.bytes[it])}`,
	);
	const use = t("{used} of {total} in use", {
		used: formatBytes(usedBytes(memory)),
		total: formatBytes(memory.totalBytes),
	});
	return `${memoryName(memory, t)}: ${use}: ${parts.join(", ")}`;
}

const mebibyte = 2 ** 20;

/** In one unit, so that the lines add up visibly. */
function memoryTable(
	memory: GaugeMemory,
	view: GaugeView,
	t: Translate,
): string {
	const megabytes = partsIn(mebibyte, memory);
	return table(
		[memoryName(memory, t), "MB"],
		[
			...shownParts(memory).map(
				(it): Row => [partName(it, view, t), String(megabytes[it])],
			),
			[t("Total"), String(Math.round(memory.totalBytes / mebibyte))],
		],
	);
}

function table(head: Row, rows: readonly Row[]): string {
	const line = (row: Row) => `| ${row.map(escapeMarkdown).join(" | ")} |`;
	return [line(head), "| :-- | --: |", ...rows.map(line)].join("\n");
}

/** Escapes all punctuation for Markdown, and keeps the text on one line. */
export function escapeMarkdown(text: string): string {
	return text.replace(/\s+/g, " ").replace(/[!-/:-@[-`{-~]/g, "\\$&");
}
