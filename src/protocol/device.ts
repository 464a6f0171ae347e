/** A compute device, as the engine reports it. */

import * as z from "zod/mini";

/**
 * `unified` is Apple's memory for CPU and GPU, of which the GPU may wire a part. `integrated` GPUs share RAM. `cpu` stands for RAM; every machine has
 * exactly one device that is `cpu` or `unified`.
 */
export const DeviceKind = z.enum(["discrete", "integrated", "unified", "cpu"]);
export type DeviceKind = z.infer<typeof DeviceKind>;

/** The format into which llama.cpp's CPU backend repacks weights. */
export const Repacking = z.enum(["none", "x86", "arm", "amx"]);
export type Repacking = z.infer<typeof Repacking>;

const bytes = z.number().check(z.nonnegative());

export const Device = z.readonly(
	z.object({
		id: z.string(),
		/** As reported by the driver. */
		name: z.string(),
		kind: DeviceKind,
		/** The names of several GPUs that are reported as one device, in the order of the backend; absent for a single GPU. */
		parts: z.exactOptional(z.readonly(z.array(z.string()))),
		/** The size of RAM for `unified` and `cpu`. */
		totalBytes: bytes,
		/** Not used by any program, including this one. */
		freeBytes: bytes,
		/** The driver's limit, if it is below the total. */
		workingSetBytes: z.exactOptional(bytes),
		/** The driver's limit for one tensor, if it is low: larger weights stay on the CPU, and a larger KV cache crashes the process. */
		largestTensorBytes: z.exactOptional(bytes),
		/** For a CPU. */
		repacking: z.exactOptional(Repacking),
		/** Measured on this machine. */
		bandwidthBytesPerSecond: z.exactOptional(z.number()),
		/** Share of the bandwidth that decoding reaches, measured on this machine. */
		efficiency: z.exactOptional(z.number()),
	}),
);
export type Device = z.infer<typeof Device>;
