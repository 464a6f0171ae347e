/** A device as it crosses from the engine, which can see it, to who wants to know what fits. */

import * as z from "zod/mini";

/**
 * `unified` is Apple's: one memory for everything, of which the GPU may wire a part. `integrated` shares the RAM. `cpu` stands for the
 * RAM itself; every machine has exactly one device that is `cpu` or `unified`.
 */
export const DeviceKind = z.enum(["discrete", "integrated", "unified", "cpu"]);
export type DeviceKind = z.infer<typeof DeviceKind>;

/** Which weights llama.cpp's build for this CPU keeps in an order of its own: none, or those that its kind takes. */
export const Repacking = z.enum(["none", "x86", "arm", "amx"]);
export type Repacking = z.infer<typeof Repacking>;

const bytes = z.number().check(z.nonnegative());

export const Device = z.readonly(
	z.object({
		id: z.string(),
		/** As the driver spells it. */
		name: z.string(),
		kind: DeviceKind,
		/** The GPUs that are told of as this one, by their names in the order of the backend; absent where it is only one. */
		parts: z.exactOptional(z.readonly(z.array(z.string()))),
		/** Of RAM where it is unified or the CPU's. */
		totalBytes: bytes,
		/** As reported now, other programs' use and our own taken off. */
		freeBytes: bytes,
		/** The most that the driver lets be used, where that is less than what is there. */
		workingSetBytes: z.exactOptional(bytes),
		/** What one tensor may have at most, where that is little: larger ones are left to the CPU, and a larger KV cache ends the process. */
		largestTensorBytes: z.exactOptional(bytes),
		/** Of a CPU. */
		repacking: z.exactOptional(Repacking),
		/** Measured on this machine. */
		bandwidthBytesPerSecond: z.exactOptional(z.number()),
		/** Share of the bandwidth that decoding reaches, measured on this machine. */
		efficiency: z.exactOptional(z.number()),
	}),
);
export type Device = z.infer<typeof Device>;
