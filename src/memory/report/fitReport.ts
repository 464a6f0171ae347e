/** The fit report of a loaded model: what it needs of each memory, and what was predicted against what it was given. Pure. */

import { formatBytes } from "../../base/units.ts";
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
	type NamedModel,
	type Plan,
	partialOffload,
	planFor,
} from "../plan/plan.ts";
import { roleNeeds } from "../plan/roles.ts";
import { modelText, planText } from "./planText.ts";

export interface FitReportFacts {
	readonly model: NamedModel;
	readonly load: LoadReport;
	/** As they are now, with the model on them. */
	readonly devices: readonly Device[];
}

/** Lines of text. */
export function fitReport(facts: FitReportFacts): readonly string[] {
	const { model, load } = facts;
	const plan = planOf(facts);
	if (!plan || load.memory.length === 0)
		return [`${modelText(model)} was loaded without a plan.`];
	return [
		"WHAT IS NEEDED, and what is free without this model",
		"",
		...planText(asNeeded(plan, load)),
		"",
		"PREDICTED AGAINST ALLOCATED",
		"",
		...load.memory.flatMap((it) => comparison(it, withDraft(plan, load))),
		"What llama.cpp took beyond the prediction, or less than it, is among the buffers.",
	];
}

/** With what is taken when a draft is first verified, and llama.cpp has yet to tell of when a load is done. */
function asNeeded({ request }: Plan, load: LoadReport): Plan {
	const verifies = load.verifyMs.length > 0;
	return withDraft(planFor({ ...request, verifies }), load);
}

/** The draft model as the load planned it: here only what it holds is known of it, and not its shape. */
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

/** The plan of a load like this one, that comes nearest to what it took: layers may have been left in RAM, but not beside a draft. */
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
	const allocated = onGpu.reduce((sum, it) => sum + modelBytes(it), 0);
	const missedBytes = (plan: Plan) => Math.abs(heldBytes(plan).gpu - allocated);
	return partial && missedBytes(partial) < missedBytes(whole) ? partial : whole;
}

function withoutModel(device: Device, memory: readonly HeldMemory[]): Device {
	const held = memory.find(
		(it) => it.device === device.name && it.kind === device.kind,
	);
	const freedBytes = held ? modelBytes(held) : 0;
	return {
		...device,
		freeBytes: Math.min(device.totalBytes, device.freeBytes + freedBytes),
	};
}

function modelBytes({ weights, kvCache, buffers, draft }: HeldMemory): number {
	return weights + kvCache + buffers + draft;
}

function comparison(held: HeldMemory, { holders }: Plan): readonly string[] {
	const predicted = predictedBytes(
		holders.find(({ device: { name } }) => name === held.device),
	);
	const rows = [
		["weights", predicted.weights, held.weights],
		["KV cache", predicted.kvCache, held.kvCache],
		["buffers", predicted.buffers, held.buffers],
		["draft model", predicted.draft, held.draft],
		[
			"together",
			predicted.weights +
				predicted.kvCache +
				predicted.buffers +
				predicted.draft,
			modelBytes(held),
		],
	] as const;
	return [
		held.device,
		lineOf("", "predicted", "allocated"),
		...rows
			.filter(([, one, other]) => one !== 0 || other !== 0)
			.map(([name, one, other]) =>
				lineOf(name, bytesText(one), bytesText(other)),
			),
		"",
	];
}

function lineOf(name: string, predicted: string, allocated: string): string {
	return `  ${name.padEnd(12)}${predicted.padStart(10)}${allocated.padStart(12)}`;
}

/** Buffers may have been less than nothing, as `heldMemory` counts them. */
function bytesText(bytes: number): string {
	return bytes < 0
		? `-${formatBytes(Math.round(-bytes))}`
		: formatBytes(Math.round(bytes));
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
