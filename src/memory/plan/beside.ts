/** The memory that a model finds beside those that are loaded already. Pure. */

import type { Device } from "../../protocol/device.ts";
import type { Plan } from "./plan.ts";

/**
 * The devices without the weights that the loaded models keep mapped in RAM. Linux counts the pages of a mapped file as memory that can be
 * reclaimed (`MemAvailable` in the kernel's `filesystems/proc.rst`): they can, but a model whose weights are read from disk for every token is
 * as good as not loaded.
 */
export function besideMapped(
	devices: readonly Device[],
	loaded: readonly Plan[],
): readonly Device[] {
	return devices.map((device) => {
		const mappedBytes = loaded.reduce(
			(sum, plan) => sum + mappedBytesOn(device, plan),
			0,
		);
		return mappedBytes > 0
			? {
					...device,
					freeBytes: Math.max(0, device.freeBytes - mappedBytes),
				}
			: device;
	});
}

/** The devices without what a plan takes of them: what a second model finds where the first one is not loaded yet. */
export function besidePlanned(
	devices: readonly Device[],
	{ devices: planned }: Plan,
): readonly Device[] {
	return devices.map((device) => {
		const own = planned.find((it) => it.device.id === device.id);
		if (!own) return device;
		// Each model leaves the margin, and both have one runtime.
		const takenBytes = own.neededBytes - own.bytes.margin - own.bytes.runtime;
		return {
			...device,
			freeBytes: Math.max(0, device.freeBytes - takenBytes),
		};
	});
}

function mappedBytesOn(
	{ id }: Device,
	{ mapsFile, holders, request: { placement } }: Plan,
): number {
	if (!mapsFile || placement.host.id !== id) return 0;
	return (
		holders.find(({ device }) => device === placement.host)?.bytes.weights ?? 0
	);
}
