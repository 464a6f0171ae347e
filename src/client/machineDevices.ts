/** The devices of this machine as they are without the loaded model, asked for when someone wants to know. */

import { type Result, success } from "../base/result.ts";
import type { Device } from "../protocol/device.ts";
import type { HeldMemory } from "../protocol/engineStatus.ts";
import type { HeadroomError } from "../protocol/errors.ts";

type Devices = Result<readonly Device[], HeadroomError>;

export interface MachineDevicesOptions {
	readonly describe: () => Promise<Devices>;
	/** What the engine holds now: the next model takes its place. */
	readonly held: () => readonly HeldMemory[];
	readonly now?: () => number;
}

/** Asking starts processes; what other programs take changes little in the time in which someone reads a list. */
const validMs = 30_000;

export class MachineDevices {
	readonly #options: Required<MachineDevicesOptions>;
	#asked:
		| { readonly atMs: number; readonly devices: Promise<Devices> }
		| undefined;

	constructor(options: MachineDevicesOptions) {
		this.#options = { now: Date.now, ...options };
	}

	/** Answers of the last half minute are given again; failures are not. */
	async get(): Promise<Devices> {
		const atMs = this.#options.now();
		if (!this.#asked || atMs - this.#asked.atMs >= validMs)
			this.#asked = { atMs, devices: this.#describe() };
		const asked = this.#asked;
		const devices = await asked.devices;
		if (!devices.ok && this.#asked === asked) this.#asked = undefined;
		return devices;
	}

	/** To be asked anew, such as when the engine is to run on something else. */
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

/** The same devices, with what the model holds counted as free. GPUs that the engine takes as one share that evenly. */
function withoutModel(
	devices: readonly Device[],
	held: readonly HeldMemory[],
): readonly Device[] {
	return devices.map((device) => {
		const freedBytes = held.reduce((sum, it) => {
			// What an integrated GPU holds lies in the RAM.
			if (device.kind === "cpu" && it.kind === "integrated")
				return sum + heldBytes(it);
			return it.kind === device.kind
				? sum + heldBytes(it) * share(device, it, devices)
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

function heldBytes({ weights, kvCache, buffers, draft }: HeldMemory): number {
	return weights + kvCache + buffers + draft;
}
