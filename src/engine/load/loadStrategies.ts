/** The ways to load one model, from the preferred one to the last fallback, and the choice among them. Pure. */

import { assert } from "../../base/assert.ts";
import {
	cpuPlacement,
	gpuPlacements,
	type Placement,
} from "../../memory/machine/devices.ts";
import { supportsRollback } from "../../memory/plan/draftPair.ts";
import type { KvType } from "../../memory/plan/modelCost.ts";
import {
	admits,
	missingBytes,
	type Plan,
	partialOffload,
	planFor,
} from "../../memory/plan/plan.ts";
import type { Correction, NamedModel } from "../../memory/plan/planRequest.ts";
import { roleNeeds } from "../../memory/plan/roles.ts";
import type { Device } from "../../protocol/device.ts";
import type { Gpu } from "../../protocol/engineProtocol.ts";
import type { Role } from "../../protocol/model.ts";

/** One way to load a model. */
export interface LoadStrategy {
	/** Where the weights go: recorded if the process crashes before they are loaded. */
	readonly place: string;
	/** The whole strategy: recorded if the process crashes after that. */
	readonly key: string;
	readonly gpu: Gpu;
	/** The devices whose memory it uses. */
	readonly devices: readonly Device[];
	readonly kvType: KvType;
	/** Whether the context window is as large as time and memory allow, or minimal. The word is part of recorded keys. */
	readonly window: "wanted" | "least";
	/** The plan for a context window per sequence: everything else is fixed. */
	readonly price: LoadPrice;
}

type LoadPrice = (contextWindow: number) => Plan;

export interface StrategyRequest {
	readonly model: NamedModel;
	readonly devices: readonly Device[];
	readonly role: Role;
	readonly sequences: number;
	readonly batchTokens: number;
	/** The smallest useful context window. */
	readonly minWindow: number;
	/** Whether layers that do not fit on the GPU may stay in RAM. */
	readonly allowsPartial: boolean;
	/** Whether drafts will be verified, which takes larger buffers. */
	readonly speculates: boolean;
	readonly history: LoadHistory;
}

/** Earlier loads of this model on this machine. */
export interface LoadHistory {
	correctionFor(placement: Placement): Correction | undefined;
	/** Whether a load with this strategy has crashed the process. */
	isBad(strategy: LoadStrategy): boolean;
}

type StrategyChoice =
	| {
			readonly kind: "load";
			readonly strategy: LoadStrategy;
			/** Better ones that have crashed the process. */
			readonly passedOver: readonly LoadStrategy[];
	  }
	/** With the plan that is nearest to fitting, and one that would fit but that the settings exclude. */
	| {
			readonly kind: "doesNotFit";
			readonly plan: Plan;
			readonly instead: Plan | undefined;
	  }
	/** Every strategy that fits has crashed the process. */
	| { readonly kind: "allBad"; readonly last: LoadStrategy };

/**
 * Prefers all layers on the GPUs that llama.cpp was started with. The CPU comes second if it is fast enough for the role, and is the only choice
 * without a GPU. Layers are split between both only if the settings allow it.
 */
export function chooseStrategy(request: StrategyRequest): StrategyChoice {
	const { role, minWindow, allowsPartial, history } = request;
	const devices = request.devices.flatMap(evenParts);
	const gpus = gpuPlacements(devices).at(-1);
	const cpu = cpuPlacement(devices);
	const onGpus = gpus ? strategiesOn(gpus, request) : [];
	const onCpu = cpu ? strategiesOn(cpu, request) : [];
	const partial = gpus && allowsPartial ? partialStrategies(gpus, request) : [];
	const wanted = [
		...onGpus,
		...partial,
		...onCpu.filter((it) => !gpus || isFastEnough(it.price(minWindow), role)),
	];
	const fitting = wanted.filter((it) => admits(it.price(minWindow)));
	const strategy = fitting.find((it) => !history.isBad(it));
	if (strategy)
		return {
			kind: "load",
			strategy,
			passedOver: fitting.slice(0, fitting.indexOf(strategy)),
		};
	const last = fitting.at(-1);
	if (last) return { kind: "allBad", last };
	const refused = (onGpus.length > 0 ? onGpus : onCpu)
		.map((it) => it.price(minWindow))
		.sort((a, b) => missingBytes(a) - missingBytes(b));
	const [plan] = refused;
	assert(plan, "a machine without GPUs has a CPU");
	const others = [
		...(gpus ? partialStrategies(gpus, request) : []),
		...(gpus ? onCpu : []),
	].map((it) => it.price(minWindow));
	return { kind: "doesNotFit", plan, instead: fastest(others.filter(admits)) };
}

function strategiesOn(
	placement: Placement,
	request: StrategyRequest,
): readonly LoadStrategy[] {
	const { model, history } = request;
	const gpu: Gpu = placement.gpus.length > 0 ? "auto" : "off";
	const place = placeName(placement);
	const strategy = (
		kvType: KvType,
		window: LoadStrategy["window"],
	): LoadStrategy => {
		const correction = history.correctionFor(placement);
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
					verifies: request.speculates && supportsRollback(model.shape),
					...(correction && { correction }),
				}),
		};
	};
	return [
		strategy("f16", "wanted"),
		strategy("f16", "least"),
		// Quantized values need flash attention.
		...(model.shape.scoredHeads > 0 ? [] : [strategy("q8_0", "wanted")]),
	];
}

/** Fewer layers than fit, as fallbacks: a driver may need more memory than can be predicted. */
const shares = [
	["as many layers as fit", 1],
	["three quarters of the layers that fit", 0.75],
	["half of the layers that fit", 0.5],
] as const;

/** As many layers on the GPU as fit with the minimal context; then fewer. */
function partialStrategies(
	placement: Placement,
	request: StrategyRequest,
): readonly LoadStrategy[] {
	const [whole] = strategiesOn(placement, request);
	const maxLayers =
		whole &&
		partialOffload(whole.price(request.minWindow).request)?.request
			.offloadedLayers;
	if (!whole || !maxLayers) return [];
	return shares.map(([name, share]) => {
		const place = `${placeName(placement)}, ${name}`;
		const offloadedLayers = Math.max(1, Math.floor(maxLayers * share));
		return {
			...whole,
			place,
			key: place,
			window: "least",
			price: (contextWindow) =>
				planFor({ ...whole.price(contextWindow).request, offloadedLayers }),
		};
	});
}

/**
 * The engine sees several GPUs as one with their total memory, but each has its own buffers and margin. So treat them as equal parts; for unequal
 * GPUs only the sum is right.
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

function isFastEnough({ atFullWindow }: Plan, role: Role): boolean {
	return atFullWindow.tokensPerSecond >= roleNeeds[role].enoughTokensPerSecond;
}

function fastest(plans: readonly Plan[]): Plan | undefined {
	return [...plans].sort(
		(a, b) => b.atFullWindow.tokensPerSecond - a.atFullWindow.tokensPerSecond,
	)[0];
}
