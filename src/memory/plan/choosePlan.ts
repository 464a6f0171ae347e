/** Chooses a model and its plan: the one that stays in fast memory and serves the user best, by its size and by how long one waits for it. */

import type { Device } from "../../protocol/device.ts";
import type { Role } from "../../protocol/model.ts";
import {
	cpuPlacement,
	gpuPlacements,
	type Placement,
} from "../machine/devices.ts";
import { isPlannedDraft, supportsRollback } from "./draftPair.ts";
import type { KvType } from "./modelCost.ts";
import { missingBytes, type Plan, planFor } from "./plan.ts";
import type { NamedModel } from "./planRequest.ts";
import { roleNeeds } from "./roles.ts";

export interface Candidate extends NamedModel {
	readonly roles: readonly Role[];
	/** A small model with the same vocabulary. */
	readonly draft?: NamedModel;
}

export type Rejection =
	| { readonly kind: "otherRole" }
	/** With the plan that is closest to fitting. */
	| { readonly kind: "doesNotFit"; readonly plan: Plan }
	/** With the fastest plan that fits. */
	| { readonly kind: "tooSlow"; readonly plan: Plan }
	/** The chosen one is so much faster that it is worth more than the size. With the fastest plan that fits. */
	| { readonly kind: "slower"; readonly plan: Plan }
	/** A larger model, or a larger quantization of the same one, was chosen. */
	| { readonly kind: "smaller" };

interface PassedOver {
	readonly candidate: Candidate;
	readonly rejection: Rejection;
}

/** Compromises of a plan, in the order in which they are made. */
export type Concession =
	| { readonly kind: "noDraft"; readonly draft: NamedModel }
	| { readonly kind: "shorterContext"; readonly wantedTokens: number }
	| { readonly kind: "kvQ8" };

export type Choice = {
	readonly role: Role;
	/** All other candidates, largest first. */
	readonly passedOver: readonly PassedOver[];
	/** The choice for the GPUs, if the CPU does better. */
	readonly insteadOf?: Choice;
} & (
	| {
			readonly kind: "chosen";
			readonly plan: Plan;
			readonly concessions: readonly Concession[];
	  }
	/** The fastest plan that fits, for users who accept a slow model. */
	| { readonly kind: "tooSlow"; readonly plan: Plan }
	| { readonly kind: "nothingFits" }
);

export interface ChoiceRequest {
	readonly role: Role;
	readonly candidates: readonly Candidate[];
	readonly devices: readonly Device[];
}

/**
 * GPUs come first. If nothing fits there and is fast enough, the CPU runs the model from RAM. A model is never split between both.
 * Deterministic.
 */
export function choosePlan({
	role,
	candidates,
	devices,
}: ChoiceRequest): Choice {
	const sorted = [...candidates].sort(largerFirst);
	const gpus = gpuPlacements(devices);
	const onGpus = gpus.length > 0 ? chooseAmong(role, sorted, gpus) : undefined;
	if (onGpus?.kind === "chosen") return onGpus;
	const cpu = cpuPlacement(devices);
	const onCpu = cpu ? chooseAmong(role, sorted, [cpu]) : undefined;
	const [best] = [onGpus, onCpu]
		.filter((it) => it !== undefined)
		.sort((a, b) => outcomes.indexOf(a.kind) - outcomes.indexOf(b.kind));
	if (!best) return { kind: "nothingFits", role, passedOver: [] };
	return onGpus && best !== onGpus ? { ...best, insteadOf: onGpus } : best;
}

/** The best first. */
const outcomes: readonly Choice["kind"][] = [
	"chosen",
	"tooSlow",
	"nothingFits",
];

function largerFirst(a: Candidate, b: Candidate): number {
	return (
		b.shape.parameterCount - a.shape.parameterCount ||
		storedBytes(b) - storedBytes(a) ||
		(`${a.name} ${a.quantization}` < `${b.name} ${b.quantization}` ? -1 : 1)
	);
}

function storedBytes({ shape }: Candidate): number {
	return shape.layers.reduce(
		(sum, { weights }) => sum + weights.bytes,
		shape.head.bytes,
	);
}

/**
 * What a halving of the speed costs, in doublings of the size, where the speed is below what is enough. Decoding reads all weights, so twice the
 * size at least halves the speed: with more than 1, a larger model is taken only as far as it is hardly slower.
 */
const slownessCost = 1.5;

/** In doublings of the parameters. */
function worth(
	{ shape }: Candidate,
	{ atFullWindow: { tokensPerSecond } }: Plan,
	role: Role,
): number {
	const slowness = Math.log2(
		roleNeeds[role].enoughTokensPerSecond / tokensPerSecond,
	);
	return (
		Math.log2(Math.max(1, shape.parameterCount)) -
		slownessCost * Math.max(0, slowness)
	);
}

function chooseAmong(
	role: Role,
	sorted: readonly Candidate[],
	placements: readonly Placement[],
): Choice {
	const passedOver: PassedOver[] = [];
	let best: { candidate: Candidate; plan: Plan; worth: number } | undefined;
	let fastest: Plan | undefined;
	for (const candidate of sorted) {
		const isSettled = best !== undefined && isFastEnough(best.plan, role);
		const verdict = judge(candidate, role, placements, isSettled);
		if (verdict.kind !== "good") {
			passedOver.push({ candidate, rejection: verdict });
			if (verdict.kind === "tooSlow") fastest = faster(fastest, verdict.plan);
			continue;
		}
		const { plan } = verdict;
		const judged = { candidate, plan, worth: worth(candidate, plan, role) };
		// The larger one comes first, and keeps its place where it is worth as much.
		if (best && judged.worth <= best.worth)
			passedOver.push({ candidate, rejection: { kind: "smaller" } });
		else {
			if (best)
				passedOver.push({
					candidate: best.candidate,
					rejection: { kind: "slower", plan: best.plan },
				});
			best = judged;
		}
	}
	passedOver.sort(
		(a, b) => sorted.indexOf(a.candidate) - sorted.indexOf(b.candidate),
	);
	if (best)
		return {
			kind: "chosen",
			role,
			plan: best.plan,
			concessions: concessions(best.candidate, role, best.plan),
			passedOver,
		};
	return fastest
		? { kind: "tooSlow", role, plan: fastest, passedOver }
		: { kind: "nothingFits", role, passedOver };
}

function isFastEnough({ atFullWindow }: Plan, role: Role): boolean {
	return atFullWindow.tokensPerSecond >= roleNeeds[role].enoughTokensPerSecond;
}

/** No context and no precision is given up for less than the rest of this in speed. */
const worthConceding = 0.8;

/** @param isSettled whether a larger model was found that nobody waits for. */
function judge(
	candidate: Candidate,
	role: Role,
	placements: readonly Placement[],
	isSettled: boolean,
): Rejection | { readonly kind: "good"; readonly plan: Plan } {
	if (!candidate.roles.includes(role)) return { kind: "otherRole" };
	if (isSettled) return { kind: "smaller" };
	const fitting: Plan[] = [];
	let nearest: Plan | undefined;
	for (const plan of plansFor(candidate, role, placements)) {
		if (!plan.fits || !plan.isWhole) nearest = nearer(nearest, plan);
		else if (fitting.length === 0 && isFastEnough(plan, role))
			return { kind: "good", plan };
		else fitting.push(plan);
	}
	const [first] = fitting;
	if (first) {
		const fastest = fitting.reduce(faster, first);
		const { minTokensPerSecond, enoughTokensPerSecond } = roleNeeds[role];
		const wanted = Math.max(
			minTokensPerSecond,
			Math.min(
				enoughTokensPerSecond,
				worthConceding * fastest.atFullWindow.tokensPerSecond,
			),
		);
		const plan = fitting.find(
			(it) => it.atFullWindow.tokensPerSecond >= wanted,
		);
		return plan ? { kind: "good", plan } : { kind: "tooSlow", plan: fastest };
	}
	return nearest
		? { kind: "doesNotFit", plan: nearest }
		: { kind: "otherRole" };
}

/** From the preferred plan to the smallest: gives up the draft first, then context, then the precision of the KV cache. */
function* plansFor(
	candidate: Candidate,
	role: Role,
	placements: readonly Placement[],
): Generator<Plan> {
	const { sequences, batchTokens } = roleNeeds[role];
	// The values of the KV cache can only be quantized with flash attention.
	const kvTypes: readonly KvType[] =
		candidate.shape.scoredHeads > 0 ? ["f16"] : ["f16", "q8_0"];
	for (const kvType of kvTypes)
		for (const contextWindow of contextWindows(candidate, role))
			for (const withDraft of [true, false])
				for (const placement of placements) {
					const draft = withDraft
						? worthwhileDraft(candidate, placement)
						: undefined;
					if (withDraft && !draft) continue;
					yield planFor({
						model: candidate,
						...(draft && { draft }),
						verifies: supportsRollback(candidate.shape),
						placement,
						contextWindow,
						sequences,
						batchTokens,
						kvType,
					});
				}
}

/** At most the context that the model was trained for, even if that is below the minimum of the role. */
function contextWindows(
	{ shape }: NamedModel,
	role: Role,
): readonly [number, ...number[]] {
	const [first, ...rest] = roleNeeds[role].contextWindows;
	const within = (tokens: number) =>
		Math.min(tokens, shape.trainedContextWindow);
	return [
		within(first),
		...new Set(rest.map(within).filter((it) => it < within(first))),
	];
}

/**
 * A draft needs a device that evaluates several tokens in little more time than one: discrete GPUs do. Metal was measured to take 1.8
 * times as long for two tokens, a CPU twice.
 */
function worthwhileDraft(
	{ draft, shape }: Candidate,
	{ gpus }: Placement,
): NamedModel | undefined {
	if (gpus.length === 0 || gpus.some(({ kind }) => kind !== "discrete"))
		return undefined;
	return draft && isPlannedDraft(draft.shape, shape) ? draft : undefined;
}

function concessions(
	candidate: Candidate,
	role: Role,
	{ request }: Plan,
): readonly Concession[] {
	const draft = worthwhileDraft(candidate, request.placement);
	const [wantedTokens] = contextWindows(candidate, role);
	return [
		...(draft && !request.draft ? [{ kind: "noDraft", draft } as const] : []),
		...(request.contextWindow < wantedTokens
			? [{ kind: "shorterContext", wantedTokens } as const]
			: []),
		...(request.kvType === "q8_0" ? [{ kind: "kvQ8" } as const] : []),
	];
}

function faster(a: Plan | undefined, b: Plan): Plan {
	return a && a.atFullWindow.tokensPerSecond >= b.atFullWindow.tokensPerSecond
		? a
		: b;
}

function nearer(a: Plan | undefined, b: Plan): Plan {
	return a && missingBytes(a) <= missingBytes(b) ? a : b;
}
