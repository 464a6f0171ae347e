/** The fit report of a loaded model, as figures: the memory it needs, and predicted vs. allocated bytes. Pure. */

import type { Device } from "../../protocol/device.ts";
import type { HeldMemory, LoadReport } from "../../protocol/engineStatus.ts";
import {
	cpuPlacement,
	gpuPlacements,
	sharesMemory,
} from "../machine/devices.ts";
import {
	type Holder,
	heldBytes,
	type Plan,
	partialOffload,
	planFor,
} from "../plan/plan.ts";
import type { NamedModel } from "../plan/planRequest.ts";
import { roleNeeds } from "../plan/roles.ts";

export interface FitReportFacts {
	readonly model: NamedModel;
	readonly load: LoadReport;
	/** Their current state, with the model loaded. */
	readonly devices: readonly Device[];
}

export interface FitReport {
	/** As if the model were not loaded. */
	readonly needed: Plan;
	readonly comparisons: readonly DeviceComparison[];
}

/** Predicted against allocated. */
export interface DeviceComparison {
	readonly device: string;
	readonly rows: readonly ComparedBytes[];
}

export type ComparedPart =
	| "weights"
	| "kvCache"
	/** Includes whatever llama.cpp allocated above or below the prediction. */
	| "buffers"
	| "draft"
	| "total";

interface ComparedBytes {
	readonly part: ComparedPart;
	readonly predictedBytes: number;
	/** Buffers may be negative, as `memoryByDevice` counts them. */
	readonly allocatedBytes: number;
}

/** Undefined if the model was loaded without a plan. */
export function fitReport(facts: FitReportFacts): FitReport | undefined {
	const { load } = facts;
	const plan = planOf(facts);
	if (!plan || load.memory.length === 0) return undefined;
	const { holders } = withDraft(plan, load);
	return {
		needed: asNeeded(plan, load),
		comparisons: load.memory.map((it) => comparison(it, holders)),
	};
}

/** With the buffers that llama.cpp allocates only when a draft is first verified, after the load. */
function asNeeded({ request }: Plan, load: LoadReport): Plan {
	const verifies = load.verifyMs.length > 0;
	return withDraft(planFor({ ...request, verifies }), load);
}

/** With the draft model as the load planned it: its bytes are known here, and its shape is not. */
function withDraft(plan: Plan, { memory }: LoadReport): Plan {
	const { host } = plan.request.placement;
	const draftOn = ({ name, kind }: Device): number =>
		memory.find((it) => it.device === name && it.kind === kind)?.draft ?? 0;
	const holders = plan.holders.map((it) => ({
		...it,
		bytes: { ...it.bytes, draft: draftOn(it.device) },
	}));
	return {
		...plan,
		holders,
		devices: plan.devices.map((planned) => {
			const draft = holders
				.filter(
					({ device }) =>
						device === planned.device ||
						(planned.device === host && sharesMemory(device)),
				)
				.reduce((sum, { bytes }) => sum + bytes.draft, 0);
			return {
				...planned,
				bytes: { ...planned.bytes, draft },
				neededBytes: planned.neededBytes + draft,
			};
		}),
	};
}

/** The plan that is closest to what the load allocated: layers may have stayed in RAM, though never beside a draft. */
function planOf({ model, load, devices }: FitReportFacts): Plan | undefined {
	const without = devices.map((it) => withoutModel(it, load.memory));
	const onGpu = load.memory.filter(({ kind }) => kind !== "cpu");
	const placement =
		onGpu.length > 0 ? gpuPlacements(without).at(-1) : cpuPlacement(without);
	if (!placement) return undefined;
	const { contextWindow, openChatWindow, sequences, kvType } = load;
	const whole = planFor({
		model,
		placement,
		contextWindow,
		...(openChatWindow !== undefined && { chatWindow: openChatWindow }),
		sequences,
		batchTokens: roleNeeds.completion.batchTokens,
		kvType,
	});
	const partial = onGpu.length > 0 ? partialOffload(whole.request) : undefined;
	const allocated = onGpu.reduce((sum, it) => sum + allocatedModelBytes(it), 0);
	const missedBytes = (plan: Plan) => Math.abs(heldBytes(plan).gpu - allocated);
	return partial && missedBytes(partial) < missedBytes(whole) ? partial : whole;
}

function withoutModel(device: Device, memory: readonly HeldMemory[]): Device {
	const held = memory.find(
		(it) => it.device === device.name && it.kind === device.kind,
	);
	const freedBytes = held ? allocatedModelBytes(held) : 0;
	return {
		...device,
		freeBytes: Math.min(device.totalBytes, device.freeBytes + freedBytes),
	};
}

function allocatedModelBytes({
	weights,
	kvCache,
	buffers,
	draft,
}: HeldMemory): number {
	return weights + kvCache + buffers + draft;
}

function comparison(
	held: HeldMemory,
	holders: readonly Holder[],
): DeviceComparison {
	const predicted = predictedBytes(
		holders.find(({ device: { name } }) => name === held.device),
	);
	const rows = [
		...(["weights", "kvCache", "buffers", "draft"] as const).map((part) => ({
			part,
			predictedBytes: predicted[part],
			allocatedBytes: held[part],
		})),
		{
			part: "total",
			predictedBytes:
				predicted.weights +
				predicted.kvCache +
				predicted.buffers +
				predicted.draft,
			allocatedBytes: allocatedModelBytes(held),
		} as const,
	];
	return {
		device: held.device,
		rows: rows.filter(
			({ predictedBytes, allocatedBytes }) =>
				predictedBytes !== 0 || allocatedBytes !== 0,
		),
	};
}

function predictedBytes(holder: Holder | undefined) {
	const { weights, kvCache, computeBuffer, outputBuffer, draft } =
		holder?.bytes ?? noBytes;
	return { weights, kvCache, buffers: computeBuffer + outputBuffer, draft };
}

const noBytes: Holder["bytes"] = {
	weights: 0,
	kvCache: 0,
	computeBuffer: 0,
	outputBuffer: 0,
	draft: 0,
};
