/** The devices of this machine as they would be without the loaded model, described on demand. */

import { type Result, success } from "../../base/result.ts";
import type { Device } from "../../protocol/device.ts";
import { bytesOf, type HeldMemory } from "../../protocol/engineStatus.ts";
import type { HeadroomError } from "../../protocol/errors.ts";

type Devices = Result<readonly Device[], HeadroomError>;

export interface MachineDevicesOptions {
	readonly describe: () => Promise<Devices>;
	/** What the loaded model holds now, which the next one can have. */
	readonly held: () => readonly HeldMemory[];
	readonly now?: () => number;
}

/** Describing devices starts processes, and free memory changes little while a user reads a list. */
const validMs = 30_000;

export class MachineDevices {
	readonly #options: Required<MachineDevicesOptions>;
	#asked:
		| { readonly atMs: number; readonly devices: Promise<Devices> }
		| undefined;

	constructor(options: MachineDevicesOptions) {
		this.#options = { now: Date.now, ...options };
	}

	/** Cached for half a minute; failures are not cached. */
	async get(): Promise<Devices> {
		const atMs = this.#options.now();
		if (!this.#asked || atMs - this.#asked.atMs >= validMs)
			this.#asked = { atMs, devices: this.#describe() };
		const asked = this.#asked;
		const devices = await asked.devices;
		if (!devices.ok && this.#asked === asked) this.#asked = undefined;
		return devices;
	}

	/** Drops the cache, such as when the engine is to run on other devices. */
	forget(): void {
		this.#asked = undefined;
	}

	async #describe(): Promise<Devices> {
		const devices = await this.#options.describe();
		return devices.ok
			? success(withoutModel(devices.value, this.#options.held()))
			: devices;
	}
}

/** Counts what the model holds as free. Several GPUs that the engine treats as one share it evenly. */
function withoutModel(
	devices: readonly Device[],
	held: readonly HeldMemory[],
): readonly Device[] {
	return devices.map((device) => {
		const freedBytes = held.reduce((sum, it) => {
			// An integrated GPU allocates in RAM.
			if (device.kind === "cpu" && it.kind === "integrated")
				return sum + bytesOf(it);
			return it.kind === device.kind
				? sum + bytesOf(it) * share(device, it, devices)
				: sum;
		}, 0);
		return {
			...device,
			freeBytes: Math.min(device.totalBytes, device.freeBytes + freedBytes),
		};
	});
}

function share(
	{ name }: Device,
	held: HeldMemory,
	devices: readonly Device[],
): number {
	const alike = devices.filter(({ kind }) => kind === held.kind);
	const named = alike.filter((it) => it.name === held.device);
	const holders = named.length > 0 ? named : alike;
	return holders.some((it) => it.name === name) ? 1 / holders.length : 0;
}
