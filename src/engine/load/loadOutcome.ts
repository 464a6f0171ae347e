/** Compares a plan with the finished load: where the model is, how much memory it uses, and how that differs. Pure. */

import { formatBytes } from "../../base/units.ts";
import { heldBytes, type Plan, planFor } from "../../memory/plan/plan.ts";
import type { Correction } from "../../memory/plan/planRequest.ts";
import type { Device } from "../../protocol/device.ts";
import type { HeldMemory } from "../../protocol/engineStatus.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";
import type { ModelDescription } from "../../protocol/model.ts";
import type { AllocatedBytes } from "../runtime/runtime.ts";

export interface Observed {
	readonly model: ModelDescription;
	/** By llama.cpp's own count of its buffers. */
	readonly allocated: AllocatedBytes;
	/** The devices before the load, and after it. */
	readonly before: readonly Device[];
	readonly after: readonly Device[];
}

/** Verification buffers grow when the first draft is verified; llama.cpp does not report them before that. */
export function beforeVerifying({ request }: Plan): Plan {
	return planFor({ ...request, verifies: false });
}

/** The allocation in excess of the plan; negative if it was less. */
export function residualOf(plan: Plan, allocated: AllocatedBytes): Correction {
	const taken = takenBytes(plan, allocated);
	const { gpu, host } = heldBytes(plan);
	return { gpu: taken.gpu - gpu, host: taken.host - host };
}

/** On unified memory, what llama.cpp counts as RAM belongs to the GPU too. */
function takenBytes(
	{ request: { placement } }: Plan,
	{ vramBytes, ramBytes }: AllocatedBytes,
): Correction {
	return placement.gpus.includes(placement.host)
		? { gpu: vramBytes + ramBytes, host: 0 }
		: { gpu: vramBytes, host: ramBytes };
}

/** A smaller difference, absolute or as a share of the model, may be an estimation error. */
const minMismatchBytes = 100 * 2 ** 20;
const minMismatchShare = 0.05;

/** A warning for the user; undefined if the model is where it was planned to be. */
export function mismatchOf(
	plan: Plan,
	{ model, allocated, before, after }: Observed,
): HeadroomError | undefined {
	const { gpus } = plan.request.placement;
	if (gpus.length === 0) return undefined;
	const device = gpus.map(({ name }) => name).join(" and ");
	const planned = heldBytes(plan).gpu;
	const taken = takenBytes(plan, allocated);
	if (taken.gpu === 0 && planned > 0)
		return createError("modelInRam", { model: model.name, device });
	const residual = residualOf(plan, allocated);
	const leftBytes = Math.max(
		// What the GPU lacks must have gone to the host; otherwise the plan was too high.
		Math.min(-residual.gpu, residual.host),
		spilledBytes(gpus, allocated, before, after),
	);
	return leftBytes > Math.max(minMismatchBytes, planned * minMismatchShare)
		? createError("modelSpills", {
				model: model.name,
				device,
				bytes: formatBytes(leftBytes),
			})
		: undefined;
}

/**
 * A driver may silently move to RAM what does not fit on its device; then the device's free memory shrinks by less than the allocation. Devices that
 * share RAM tell nothing: their free memory also changes with everything else.
 */
function spilledBytes(
	gpus: readonly Device[],
	{ vramBytes }: AllocatedBytes,
	before: readonly Device[],
	after: readonly Device[],
): number {
	if (gpus.some(({ kind }) => kind !== "discrete")) return 0;
	const lost = gpus.reduce(
		(sum, { id }) => sum + freeBytes(before, id) - freeBytes(after, id),
		0,
	);
	return lost > 0 ? Math.max(0, vramBytes - lost) : 0;
}

function freeBytes(devices: readonly Device[], id: string): number {
	return devices.find((it) => it.id === id)?.freeBytes ?? 0;
}

/** What the model holds of each device: as planned, with the excess counted as buffers, so that the parts add up to llama.cpp's count. */
export function memoryByDevice(
	plan: Plan,
	{ allocated, after }: Observed,
): readonly HeldMemory[] {
	const residual = residualOf(plan, allocated);
	const { gpus } = plan.request.placement;
	return plan.holders.map(({ device, bytes }) => {
		const now = after.find((it) => it.id === device.id) ?? device;
		const excess = gpus.includes(device)
			? residual.gpu / gpus.length
			: residual.host;
		return {
			device: device.name,
			kind: device.kind,
			weights: bytes.weights,
			kvCache: bytes.kvCache,
			buffers: bytes.computeBuffer + bytes.outputBuffer + excess,
			draft: bytes.draft,
			freeBytes: now.freeBytes,
			totalBytes: now.totalBytes,
		};
	});
}
