/**
 * Weights that llama.cpp's CPU backends repack for their vector units when they load them.
 *
 * From `ggml-cpu/repack.cpp` and `ggml-cpu/amx/mmq.cpp` of llama.cpp v0.5.0, verified against loads on both kinds of x86.
 */

import type { Repacking } from "../../protocol/device.ts";

export type Repacker = Exclude<Repacking, "none">;

export interface Matrix {
	/** The ggml type, such as Q4_K. */
	readonly type: string;
	readonly bytes: number;
	readonly blockBytes: number;
	readonly rows: number;
	/** Routed experts are stored as one tensor of three dimensions. */
	readonly areExperts: boolean;
}

interface Rules {
	/** Bytes of a repacked block, by type: some types store sums with their blocks. */
	readonly blockBytes: Readonly<Record<string, number>>;
	/** The number of rows must be a multiple of this. */
	readonly rows: number;
	readonly experts: boolean;
	/** The fallback for matrices that this one does not repack. */
	readonly next?: Repacker;
}

const rules: Readonly<Record<Repacker, Rules>> = {
	x86: {
		blockBytes: { Q4_0: 18, Q4_K: 144, IQ4_NL: 18, Q2_K: 84, MXFP4: 17 },
		rows: 8,
		experts: true,
	},
	arm: {
		blockBytes: {
			Q4_0: 18,
			Q4_K: 144,
			Q5_K: 176,
			Q6_K: 210,
			Q8_0: 34,
			IQ4_NL: 18,
			MXFP4: 17,
		},
		rows: 8,
		experts: true,
	},
	amx: {
		blockBytes: {
			Q4_0: 18,
			Q4_K: 148,
			Q5_K: 180,
			Q6_K: 210,
			Q8_0: 38,
			F16: 2,
		},
		rows: 32,
		experts: false,
		next: "x86",
	},
};

/** Bytes of the repacked matrix; undefined if it is used as it is. */
export function repackedBytes(
	repacker: Repacker,
	matrix: Matrix,
): number | undefined {
	const { blockBytes, rows, experts, next } = rules[repacker];
	const perBlock = blockBytes[matrix.type];
	if (
		perBlock !== undefined &&
		matrix.rows % rows === 0 &&
		(experts || !matrix.areExperts)
	)
		return (matrix.bytes / matrix.blockBytes) * perBlock;
	return next && repackedBytes(next, matrix);
}
