/** The ways to load one model, from what is wanted to the least, and which of them to take. Pure. */

import { assert } from "../../base/assert.ts";
import {
	cpuPlacement,
	type Device,
	gpuPlacements,
	type Placement,
} from "../../memory/machine/devices.ts";
import { canBeCutBack } from "../../memory/plan/draftPair.ts";
import type { KvType } from "../../memory/plan/modelCost.ts";
import {
	admits,
	type Correction,
	missingBytes,
	type NamedModel,
	type Plan,
	partialOffload,
	planFor,
} from "../../memory/plan/plan.ts";
import { roleNeeds } from "../../memory/plan/roles.ts";
import type { Gpu } from "../../protocol/engineProtocol.ts";

/** One way to load a model. */
export interface LoadStrategy {
	/** Where the weights go: what is remembered of a load that ended the process before they were there. */
	readonly place: string;
	/** All of it: what is remembered of one that ended the process after that. */
	readonly key: string;
	readonly gpu: Gpu;
	/** Those that it takes from. */
	readonly devices: readonly Device[];
	readonly kvType: KvType;
	/** Whether the context window is as large as time and memory allow, or the least. */
	readonly window: "wanted" | "least";
	/** By the context window of each sequence: all else of the step is settled. */
	readonly price: LoadPrice;
}

type LoadPrice = (contextWindow: number) => Plan;

export interface StepRequest {
	readonly model: NamedModel;
	readonly devices: readonly Device[];
	readonly sequences: number;
	readonly batchTokens: number;
	/** The least window that is worth having. */
	readonly minWindow: number;
	/** Whether layers may stay in RAM where not all go onto the GPU. */
	readonly allowsPartial: boolean;
	/** Whether drafts are to be verified. */
	readonly speculates: boolean;
	readonly knowledge: LoadKnowledge;
}

/** What was learned of loads of this model on this machine. */
interface LoadKnowledge {
	correctionFor(placement: Placement): Correction | undefined;
	/** A load this way has ended the process before. */
	isBad(step: LoadStrategy): boolean;
}

export type Verdict =
	| {
			readonly kind: "load";
			readonly step: LoadStrategy;
			/** Better ones that have ended the process before. */
			readonly passedOver: readonly LoadStrategy[];
	  }
	/** With the plan that comes nearest to fitting, and with one that would fit but was not asked for. */
	| {
			readonly kind: "doesNotFit";
			readonly plan: Plan;
			readonly instead: Plan | undefined;
	  }
	/** Whatever would fit has ended the process before. */
	| { readonly kind: "allBad"; readonly last: LoadStrategy };

/**
 * With all layers on the GPUs that llama.cpp was started with. The CPU comes second, where it is fast enough for completion, and is
 * what is left where there is no GPU. Layers are spread over both only for who asks for that.
 */
export function chooseStrategy(request: StepRequest): Verdict {
	const { minWindow, allowsPartial, knowledge } = request;
	const devices = request.devices.flatMap(evenParts);
	const gpus = gpuPlacements(devices).at(-1);
	const cpu = cpuPlacement(devices);
	const onGpus = gpus ? stepsOn(gpus, request) : [];
	const onCpu = cpu ? stepsOn(cpu, request) : [];
	const partial = gpus && allowsPartial ? partialSteps(gpus, request) : [];
	const wanted = [
		...onGpus,
		...partial,
		...onCpu.filter((it) => !gpus || isFastEnough(it.price(minWindow))),
	];
	const fitting = wanted.filter((it) => admits(it.price(minWindow)));
	const step = fitting.find((it) => !knowledge.isBad(it));
	if (step)
		return {
			kind: "load",
			step,
			passedOver: fitting.slice(0, fitting.indexOf(step)),
		};
	const last = fitting.at(-1);
	if (last) return { kind: "allBad", last };
	const refused = (onGpus.length > 0 ? onGpus : onCpu)
		.map((it) => it.price(minWindow))
		.sort((a, b) => missingBytes(a) - missingBytes(b));
	const [plan] = refused;
	assert(plan, "a machine without GPUs has a CPU");
	const others = [
		...(gpus ? partialSteps(gpus, request) : []),
		...(gpus ? onCpu : []),
	].map((it) => it.price(minWindow));
	return { kind: "doesNotFit", plan, instead: fastest(others.filter(admits)) };
}

function stepsOn(
	placement: Placement,
	request: StepRequest,
): readonly LoadStrategy[] {
	const { model, knowledge } = request;
	const gpu: Gpu = placement.gpus.length > 0 ? "auto" : "off";
	const place = placeName(placement);
	const step = (
		kvType: KvType,
		window: LoadStrategy["window"],
	): LoadStrategy => {
		const correction = knowledge.correctionFor(placement);
		return {
			place,
			key: `${place}, KV cache ${kvType}, ${window} context`,
			gpu,
			devices: [...placement.gpus, placement.host],
			kvType,
			window,
			price: (contextWindow) =>
				planFor({
					model,
					placement,
					contextWindow,
					sequences: request.sequences,
					batchTokens: request.batchTokens,
					kvType,
					verifies: request.speculates && canBeCutBack(model.shape),
					...(correction && { correction }),
				}),
		};
	};
	return [
		step("f16", "wanted"),
		step("f16", "least"),
		// Without flash attention the values cannot be quantized.
		...(model.shape.scoredHeads > 0 ? [] : [step("q8_0", "wanted")]),
	];
}

/** Of the layers that fit: a driver may need more than anyone can know. */
const shares = [
	["as many layers as fit", 1],
	["three quarters of the layers that fit", 0.75],
	["half of the layers that fit", 0.5],
] as const;

/** As many layers as fit, at the least context; and fewer. */
function partialSteps(
	placement: Placement,
	request: StepRequest,
): readonly LoadStrategy[] {
	const [step] = stepsOn(placement, request);
	const most =
		step &&
		partialOffload(step.price(request.minWindow).request)?.request
			.offloadedLayers;
	if (!step || !most) return [];
	return shares.map(([name, share]) => {
		const place = `${placeName(placement)}, ${name}`;
		const offloadedLayers = Math.max(1, Math.floor(most * share));
		return {
			...step,
			place,
			key: place,
			window: "least",
			price: (contextWindow) =>
				planFor({ ...step.price(contextWindow).request, offloadedLayers }),
		};
	});
}

/**
 * The engine sees several GPUs as one, with their memory added up. Each has its own buffers and its own margin, so they are taken for as many equal ones.
 * Of unequal ones this is only right in the sum.
 */
export function evenParts(device: Device): readonly Device[] {
	const { parts, ...whole } = device;
	if (!parts || parts.length < 2) return [device];
	return parts.map((name, index) => ({
		...whole,
		id: `${device.id}.${index}`,
		name,
		totalBytes: device.totalBytes / parts.length,
		freeBytes: device.freeBytes / parts.length,
	}));
}

function placeName({ gpus, host }: Placement): string {
	return gpus.map(({ name }) => name).join(" and ") || host.name;
}

function isFastEnough({ atFullWindow }: Plan): boolean {
	return (
		atFullWindow.tokensPerSecond >= roleNeeds.completion.minTokensPerSecond
	);
}

function fastest(plans: readonly Plan[]): Plan | undefined {
	return [...plans].sort(
		(a, b) => b.atFullWindow.tokensPerSecond - a.atFullWindow.tokensPerSecond,
	)[0];
}
