/** Words plans and choices: what is needed of which memory, and why other models were passed over. */

import { assertNever } from "../../base/assert.ts";
import { type Translate, worded } from "../../base/sentence.ts";
import { formatBytes } from "../../base/units.ts";
import {
	memoryReasonSentence,
	memoryReasonsSentences,
	partSentences,
} from "../../protocol/memoryReason.ts";
import type { Role } from "../../protocol/model.ts";
import { bandwidthOf } from "../machine/devices.ts";
import type { Choice, Concession, Rejection } from "../plan/choosePlan.ts";
import type { Plan, PlannedDevice } from "../plan/plan.ts";
import type { NamedModel } from "../plan/planRequest.ts";
import { roleNeeds } from "../plan/roles.ts";
import {
	deviceNeeds,
	oversizedTensors,
	refusalReasons,
	tooSmall,
} from "./memoryReasons.ts";

/** `GPU needs 9.1 GB: weights 7.2 GB, KV cache 1.1 GB, margin 1.0 GB; free 7.6 GB`. */
export function memoryText(planned: PlannedDevice, t: Translate): string {
	return worded(memoryReasonSentence(deviceNeeds(planned)), t);
}

/** `weights 7.2 GB, KV cache 1.1 GB, margin 1.0 GB`. */
export function partsText(planned: PlannedDevice, t: Translate): string {
	const { sentences, separator } = partSentences(deviceNeeds(planned).parts);
	return sentences.map((it) => worded(it, t)).join(separator);
}

/** Why the plan is refused, and what would fit instead. */
export function refusalText(
	plan: Plan,
	instead: Plan | undefined,
	t: Translate,
): string {
	const { sentences, separator } = memoryReasonsSentences(
		refusalReasons(plan, instead),
	);
	return sentences.map((it) => worded(it, t)).join(separator);
}

/** For a list of refused models. */
function briefShortfallText(plan: Plan, t: Translate): string {
	return [
		...tooSmall(plan).map(({ device, neededBytes, freeBytes, bytes }) =>
			t("{device} needs {needed}, {weights} for weights alone; free {free}", {
				device: device.name,
				needed: formatBytes(neededBytes),
				weights: formatBytes(bytes.weights),
				free: formatBytes(freeBytes),
			}),
		),
		...oversizedTensors(plan).map((it) => worded(memoryReasonSentence(it), t)),
	].join("; ");
}

export function modelText({ name, quantization }: NamedModel): string {
	return `${name} ${quantization}`;
}

/** Lines: the model and its options, each memory, the speed. */
export function planText(plan: Plan, t: Translate): readonly string[] {
	return [
		optionsText(plan, t),
		...plan.devices.map((it) => memoryText(it, t)),
		speedText(plan, t),
	];
}

function optionsText({ request }: Plan, t: Translate): string {
	const { model, draft, placement, contextWindow, sequences, kvType } = request;
	const { gpus, host } = placement;
	const name = modelText(model);
	const place =
		gpus.length > 0
			? t("{model} on {device}", {
					model: name,
					device: gpus.map((it) => it.name).join(" + "),
				})
			: t("{model} on {device} (no GPU)", { model: name, device: host.name });
	const tokens = `${sequences > 1 ? `${sequences} x ` : ""}${contextWindow}`;
	return [
		place,
		t("context {tokens}", { tokens }),
		...(request.chatWindow === undefined
			? []
			: [t("chat context {tokens}", { tokens: String(request.chatWindow) })]),
		t("KV cache {type}", { type: kvType }),
		...(draft ? [t("draft model {model}", { model: modelText(draft) })] : []),
	].join(", ");
}

export function speedText(
	{ request, atEmptyWindow, atFullWindow }: Plan,
	t: Translate,
): string {
	const { gpus, host } = request.placement;
	const isAssumed = (gpus.length > 0 ? gpus : [host]).some(
		(it) => bandwidthOf(it).source === "assumed",
	);
	const speed = t(
		"about {empty} tokens per second, {full} with a full context (upper bound {ceiling})",
		{
			empty: String(Math.round(atEmptyWindow.tokensPerSecond)),
			full: String(Math.round(atFullWindow.tokensPerSecond)),
			ceiling: String(Math.round(atEmptyWindow.ceilingTokensPerSecond)),
		},
	);
	return isAssumed
		? `${speed}; ${t("the memory bandwidth is assumed, not known")}`
		: speed;
}

export function concessionText(concession: Concession, t: Translate): string {
	switch (concession.kind) {
		case "noDraft":
			return t("without the draft model {model}", {
				model: modelText(concession.draft),
			});
		case "shorterContext":
			return t("less context than the preferred {tokens} tokens", {
				tokens: String(concession.wantedTokens),
			});
		case "kvQ8":
			return t("KV cache in 8 bits");
		default:
			return assertNever(concession);
	}
}

/** Continues a sentence that begins with the name of the model. */
export function rejectionText(
	rejection: Rejection,
	role: Role,
	t: Translate,
): string {
	switch (rejection.kind) {
		case "otherRole":
			return role === "chat"
				? t("is not made for chat")
				: t("is not made for completion");
		case "doesNotFit":
			return t("does not fit: {why}", {
				why: briefShortfallText(rejection.plan, t),
			});
		case "tooSlow": {
			const values = {
				speed: String(Math.floor(rejection.plan.atFullWindow.tokensPerSecond)),
				needed: String(roleNeeds[role].minTokensPerSecond),
			};
			return role === "chat"
				? t(
						"is too slow: about {speed} tokens per second, and chat needs {needed}",
						values,
					)
				: t(
						"is too slow: about {speed} tokens per second, and completion needs {needed}",
						values,
					);
		}
		case "slower":
			return t("is slower than it is better: about {speed} tokens per second", {
				speed: String(Math.floor(rejection.plan.atFullWindow.tokensPerSecond)),
			});
		case "smaller":
			return t("is smaller than the chosen model");
		default:
			return assertNever(rejection);
	}
}

/** Lines: the choice, then the larger models that were passed over, largest first. */
export function choiceText(choice: Choice, t: Translate): readonly string[] {
	return [
		...outcomeText(choice, t),
		...choice.passedOver
			.filter(
				({ rejection: { kind } }) =>
					kind === "doesNotFit" || kind === "tooSlow" || kind === "slower",
			)
			.map(
				({ candidate, rejection }) =>
					`${modelText(candidate)} ${rejectionText(rejection, choice.role, t)}`,
			),
	];
}

function outcomeText(choice: Choice, t: Translate): readonly string[] {
	switch (choice.kind) {
		case "chosen":
			return [
				...planText(choice.plan, t),
				...choice.concessions.map((it) =>
					t("compromise: {what}", { what: concessionText(it, t) }),
				),
			];
		case "tooSlow":
			return [
				t("No model that fits is fast enough. The fastest is:"),
				...planText(choice.plan, t),
			];
		case "nothingFits":
			return [t("No model fits.")];
		default:
			return assertNever(choice);
	}
}
