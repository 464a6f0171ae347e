/** Plans and choices in words: what is needed, of what, and why not something else. */

import { assertNever } from "../../base/assert.ts";
import { formatBytes } from "../../base/units.ts";
import { bandwidthOf, type Device } from "../machine/devices.ts";
import type { Choice, Concession, Rejection } from "../plan/choosePlan.ts";
import {
	type NamedModel,
	type Part,
	type Plan,
	type PlannedDevice,
	parts,
} from "../plan/plan.ts";
import { roleNeeds } from "../plan/roles.ts";

const partNames: Readonly<Record<Part, string>> = {
	weights: "weights",
	kvCache: "KV cache",
	computeBuffer: "compute buffers",
	outputBuffer: "output buffer",
	correction: "seen at the last load",
	draft: "draft model",
	runtime: "runtime",
	margin: "margin",
};

/** `needs 9.1 GB: weights 7.2 GB, KV cache 1.1 GB, margin 1.0 GB; free 7.6 GB`. */
export function memoryText(planned: PlannedDevice): string {
	const { neededBytes, freeBytes } = planned;
	return `needs ${formatBytes(neededBytes)}: ${partsText(planned)}; free ${formatBytes(freeBytes)}`;
}

/** `weights 7.2 GB, KV cache 1.1 GB, margin 1.0 GB`, leaving out what is next to nothing beside the weights. */
export function partsText({ bytes }: PlannedDevice): string {
	return parts
		.filter(
			(part) =>
				Math.abs(bytes[part]) >= tellingBytes ||
				(part === "weights" && bytes[part] > 0),
		)
		.map((part) => `${partNames[part]} ${formatBytes(bytes[part])}`)
		.join(", ");
}

/** Less is rounded away in gigabytes. */
const tellingBytes = 8 * 2 ** 20;

/** All that is needed where there is too little, for a plan that is refused. */
export function shortfallText(plan: Plan): string {
	return [
		...tooSmall(plan).map((it) => `${it.device.name} ${memoryText(it)}`),
		...obstacleTexts(plan),
	].join("; and ");
}

/** Of a plan that is refused: the arithmetic, and what could be had instead, with its speed. */
export function refusalText(plan: Plan, instead: Plan | undefined): string {
	const needs = shortfallText(plan);
	if (!instead) return needs;
	const { placement, offloadedLayers, model } = instead.request;
	const speed = `about ${wholeOrTenth(instead.atFullWindow.tokensPerSecond)} tokens per second`;
	return placement.gpus.length === 0
		? `${needs}; on the CPU it would fit, at ${speed} (headroom.engine.gpu: off)`
		: `${needs}; with ${offloadedLayers} of ${model.shape.layers.length + 1} layers on the GPU it would fit, at ${speed} (headroom.engine.partialOffload)`;
}

function wholeOrTenth(value: number): string {
	return value < 10 ? value.toFixed(1) : String(Math.round(value));
}

/** One for each device: the largest tensor says it. */
function obstacleTexts({ obstacles }: Plan): readonly string[] {
	const largest = new Map<Device, number>();
	for (const { device, tensorBytes } of obstacles)
		largest.set(device, Math.max(largest.get(device) ?? 0, tensorBytes));
	return [...largest].map(
		([device, tensorBytes]) =>
			`${device.name} takes tensors of at most ${formatBytes(device.largestTensorBytes ?? 0)}, and there is one of ${formatBytes(tensorBytes)}`,
	);
}

/** The same for a list of them. */
function briefShortfallText(plan: Plan): string {
	return [
		...tooSmall(plan).map(
			({ device, neededBytes, freeBytes, bytes }) =>
				`${device.name} needs ${formatBytes(neededBytes)}, ${formatBytes(bytes.weights)} for weights alone; free ${formatBytes(freeBytes)}`,
		),
		...obstacleTexts(plan),
	].join("; and ");
}

function tooSmall({ devices }: Plan): readonly PlannedDevice[] {
	return devices.filter(
		({ neededBytes, freeBytes }) => neededBytes > freeBytes,
	);
}

export function modelText({ name, quantization }: NamedModel): string {
	return `${name} ${quantization}`;
}

export function planText(plan: Plan): readonly string[] {
	const { request, devices } = plan;
	const { model, draft, placement, contextWindow, sequences, kvType } = request;
	const place =
		placement.gpus.map(({ name }) => name).join(" and ") ||
		`${placement.host.name} (no GPU)`;
	const times = sequences > 1 ? `${sequences} x ` : "";
	const talking =
		request.chatWindow === undefined
			? ""
			: ` and ${request.chatWindow} for a conversation`;
	const drafted = draft ? `, draft ${modelText(draft)}` : "";
	return [
		`${modelText(model)} on ${place}, context ${times}${contextWindow}${talking}, KV cache ${kvType}${drafted}`,
		...devices.map((it) => `${it.device.name} ${memoryText(it)}`),
		speedText(plan),
	];
}

export function speedText({
	request,
	atEmptyWindow,
	atFullWindow,
}: Plan): string {
	const { gpus, host } = request.placement;
	const assumed = (gpus.length > 0 ? gpus : [host]).some(
		(it) => bandwidthOf(it).source === "assumed",
	);
	return (
		`about ${Math.round(atEmptyWindow.tokensPerSecond)} tokens per second, ` +
		`${Math.round(atFullWindow.tokensPerSecond)} with the context full (never above ${Math.round(atEmptyWindow.ceilingTokensPerSecond)})` +
		(assumed ? "; the bandwidth is a guess" : "")
	);
}

export function concessionText(concession: Concession): string {
	switch (concession.kind) {
		case "noDraft":
			return `without the draft ${modelText(concession.draft)}`;
		case "shorterContext":
			return `less context than the ${concession.wantedTokens} tokens wanted`;
		case "kvQ8":
			return "the KV cache in 8 bits";
		default:
			return assertNever(concession);
	}
}

export function rejectionText(rejection: Rejection, choice: Choice): string {
	switch (rejection.kind) {
		case "otherRole":
			return `is not made for ${choice.role}`;
		case "doesNotFit":
			return `does not fit: ${briefShortfallText(rejection.plan)}`;
		case "tooSlow":
			return (
				`is too slow: about ${Math.floor(rejection.plan.atFullWindow.tokensPerSecond)} tokens per second, ` +
				`and ${choice.role} wants ${roleNeeds[choice.role].minTokensPerSecond}`
			);
		case "smaller":
			return "is smaller than what was chosen";
		default:
			return assertNever(rejection);
	}
}

/** The choice first, then what would have been larger, the largest first. */
export function choiceText(choice: Choice): readonly string[] {
	return [
		...outcomeText(choice),
		...choice.passedOver
			.filter(
				({ rejection: { kind } }) =>
					kind === "doesNotFit" || kind === "tooSlow",
			)
			.map(
				({ candidate, rejection }) =>
					`${modelText(candidate)} ${rejectionText(rejection, choice)}`,
			),
	];
}

function outcomeText(choice: Choice): readonly string[] {
	switch (choice.kind) {
		case "chosen":
			return [
				...planText(choice.plan),
				...choice.concessions.map((it) => `given up: ${concessionText(it)}`),
			];
		case "tooSlow":
			return [
				"nothing that fits is fast enough; the fastest is:",
				...planText(choice.plan),
			];
		case "nothingFits":
			return ["nothing fits"];
		default:
			return assertNever(choice);
	}
}
