/** What came of a plan: where the model really is, what it took, and how that differs. Pure. */

import { formatBytes } from "../../base/units.ts";
import {
	type Correction,
	heldBytes,
	type Plan,
} from "../../memory/plan/plan.ts";
import type { Device } from "../../protocol/device.ts";
import type { HeldMemory } from "../../protocol/engineStatus.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";
import type { ModelDescription } from "../../protocol/model.ts";
import type { AllocatedBytes } from "../runtime/runtime.ts";

export interface Observed {
	readonly model: ModelDescription;
	/** As llama.cpp counts its own buffers. */
	readonly allocated: AllocatedBytes;
	/** As the devices were before the load, and as they are after it. */
	readonly before: readonly Device[];
	readonly after: readonly Device[];
}

/** What was taken beyond what was planned: negative where it was less. */
export function residualOf(plan: Plan, allocated: AllocatedBytes): Correction {
	const taken = takenBytes(plan, allocated);
	const { gpu, host } = heldBytes(plan);
	return { gpu: taken.gpu - gpu, host: taken.host - host };
}

/** On unified memory, what llama.cpp counts as RAM is the GPU's too. */
function takenBytes(
	{ request: { placement } }: Plan,
	{ vramBytes, ramBytes }: AllocatedBytes,
): Correction {
	return placement.gpus.includes(placement.host)
		? { gpu: vramBytes + ramBytes, host: 0 }
		: { gpu: vramBytes, host: ramBytes };
}

/** Less than this, or than this share of the model, may be an error of the estimate. */
const tellingBytes = 100 * 2 ** 20;
const tellingShare = 0.05;

/** What the user should hear of; undefined where the model is where it was meant to be. */
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
		// What is missing here is there: otherwise it was planned too high.
		Math.min(-residual.gpu, residual.host),
		spilledBytes(gpus, allocated, before, after),
	);
	return leftBytes > Math.max(tellingBytes, planned * tellingShare)
		? createError("modelSpills", {
				model: model.name,
				device,
				bytes: formatBytes(leftBytes),
			})
		: undefined;
}

/**
 * A driver may move what it has no room for to RAM without a word: then its device loses less than it was asked for. Devices that share
 * the RAM lose what everything else takes or gives back, too, and say nothing.
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

/** What each memory holds: as planned, with what was taken beyond that among the buffers, so that the parts add up to what llama.cpp tells. */
export function heldMemory(
	plan: Plan,
	{ allocated, after }: Observed,
): readonly HeldMemory[] {
	const residual = residualOf(plan, allocated);
	const { gpus } = plan.request.placement;
	return plan.holders.map(({ device, bytes }) => {
		const now = after.find((it) => it.id === device.id) ?? device;
		const beyond = gpus.includes(device)
			? residual.gpu / gpus.length
			: residual.host;
		return {
			device: device.name,
			kind: device.kind,
			weights: bytes.weights,
			kvCache: bytes.kvCache,
			buffers: bytes.computeBuffer + bytes.outputBuffer + beyond,
			draft: bytes.draft,
			freeBytes: now.freeBytes,
			totalBytes: now.totalBytes,
		};
	});
}
