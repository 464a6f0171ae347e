/** The size of tensors: in the file, and as a CPU repacks them. */

import { type Matrix, type Repacker, repackedBytes } from "./repacking.ts";

export interface Weights {
	readonly bytes: number;
	/** The part that a CPU of this kind repacks. */
	readonly repacked: Readonly<Record<Repacker, RepackedWeights>>;
}

interface RepackedWeights {
	readonly fileBytes: number;
	readonly copyBytes: number;
}

/** Weights of a matrix product. */
export function matrixWeights(matrix: Matrix): Weights {
	return {
		bytes: matrix.bytes,
		repacked: byRepacker((repacker) => {
			const copyBytes = repackedBytes(repacker, matrix);
			return copyBytes === undefined
				? { fileBytes: 0, copyBytes: 0 }
				: { fileBytes: matrix.bytes, copyBytes };
		}),
	};
}

/** Weights of vectors and lookup tables, which no CPU repacks. */
export function plainWeights(bytes: number): Weights {
	return {
		bytes,
		repacked: byRepacker(() => ({ fileBytes: 0, copyBytes: 0 })),
	};
}

export function sumWeights(all: readonly Weights[]): Weights {
	const sum = (bytesOf: (weights: Weights) => number) =>
		all.reduce((total, it) => total + bytesOf(it), 0);
	return {
		bytes: sum((it) => it.bytes),
		repacked: byRepacker((repacker) => ({
			fileBytes: sum((it) => it.repacked[repacker].fileBytes),
			copyBytes: sum((it) => it.repacked[repacker].copyBytes),
		})),
	};
}

function byRepacker(
	of: (repacker: Repacker) => RepackedWeights,
): Weights["repacked"] {
	return { x86: of("x86"), arm: of("arm"), amx: of("amx") };
}
