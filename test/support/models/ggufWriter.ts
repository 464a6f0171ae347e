/** Writes GGUF files, whole or broken, for tests. The format is in ggml's `docs/gguf.md`. */

import { tensorBytes } from "../../../src/gguf/ggmlType.ts";

/** What tensors begin at multiples of, where the metadata say nothing else. */
const alignmentBytes = 32;

export type WritableValue =
	| { readonly type: "uint32"; readonly value: number }
	| { readonly type: "float32"; readonly value: number }
	| { readonly type: "bool"; readonly value: boolean }
	| { readonly type: "string"; readonly value: string }
	| { readonly type: "uint64"; readonly value: bigint }
	| { readonly type: "strings"; readonly value: readonly string[] }
	| { readonly type: "uint32s"; readonly value: readonly number[] }
	| { readonly type: "int32s"; readonly value: readonly number[] }
	| { readonly type: "float32s"; readonly value: readonly number[] };

export interface UnplacedTensor {
	readonly name: string;
	readonly shape: readonly number[];
	readonly typeId: number;
}

export interface WritableTensor extends UnplacedTensor {
	readonly offsetBytes: number;
}

export interface WritableGguf {
	readonly version?: number;
	readonly metadata?: Readonly<Record<string, WritableValue>>;
	readonly tensors?: readonly WritableTensor[];
	/** Of the weights, all zero. */
	readonly dataBytes?: number;
	/** The weights themselves. */
	readonly data?: Buffer;
}

export function writeGguf({
	version = 3,
	metadata = {},
	tensors = [],
	dataBytes: zeroBytes = 0,
	data = Buffer.alloc(zeroBytes),
}: WritableGguf): Buffer {
	const header = Buffer.concat([
		Buffer.from("GGUF"),
		uint32(version),
		uint64(BigInt(tensors.length)),
		uint64(BigInt(Object.keys(metadata).length)),
		...Object.entries(metadata).map(([key, value]) => writeEntry(key, value)),
		writeTable(tensors),
	]);
	const padding = Buffer.alloc(aligned(header.length) - header.length);
	return Buffer.concat([header, padding, data]);
}

/** One key of the metadata with its value. */
export function writeEntry(key: string, value: WritableValue): Buffer {
	return Buffer.concat([text(key), writeValue(value)]);
}

/** What stands between the metadata and the data. */
export function writeTable(tensors: readonly WritableTensor[]): Buffer {
	return Buffer.concat(
		tensors.map(({ name, shape, typeId, offsetBytes }) =>
			Buffer.concat([
				text(name),
				uint32(shape.length),
				...shape.map((size) => uint64(BigInt(size))),
				uint32(typeId),
				uint64(BigInt(offsetBytes)),
			]),
		),
	);
}

/** Puts tensors behind one another. */
export function placeTensors(
	tensors: readonly UnplacedTensor[],
): readonly WritableTensor[] {
	let offsetBytes = 0;
	return tensors.map((tensor) => {
		const placed = { ...tensor, offsetBytes };
		offsetBytes = aligned(offsetBytes + bytesOf(tensor));
		return placed;
	});
}

/** Of all tensors, as they were placed. */
export function dataBytes(tensors: readonly WritableTensor[]): number {
	const last = tensors.at(-1);
	return last ? last.offsetBytes + bytesOf(last) : 0;
}

/** The next place where a tensor, or the data as a whole, may begin. */
export function aligned(offsetBytes: number): number {
	return Math.ceil(offsetBytes / alignmentBytes) * alignmentBytes;
}

export function bytesOf({ name, shape, typeId }: UnplacedTensor): number {
	const bytes = tensorBytes(shape, typeId);
	if (bytes === undefined) throw new Error(`${name} has rows of no type`);
	return bytes;
}

function writeValue(it: WritableValue): Buffer {
	switch (it.type) {
		case "uint32":
			return Buffer.concat([uint32(4), uint32(it.value)]);
		case "float32": {
			const bytes = Buffer.alloc(4);
			bytes.writeFloatLE(it.value);
			return Buffer.concat([uint32(6), bytes]);
		}
		case "bool":
			return Buffer.concat([uint32(7), Buffer.from([it.value ? 1 : 0])]);
		case "string":
			return Buffer.concat([uint32(8), text(it.value)]);
		case "uint64":
			return Buffer.concat([uint32(10), uint64(it.value)]);
		case "strings":
			return Buffer.concat([
				uint32(9),
				uint32(8),
				uint64(BigInt(it.value.length)),
				texts(it.value),
			]);
		case "uint32s":
			return Buffer.concat([
				uint32(9),
				uint32(4),
				uint64(BigInt(it.value.length)),
				Buffer.from(Uint32Array.from(it.value).buffer),
			]);
		case "int32s":
			return Buffer.concat([
				uint32(9),
				uint32(5),
				uint64(BigInt(it.value.length)),
				Buffer.from(Int32Array.from(it.value).buffer),
			]);
		case "float32s":
			return Buffer.concat([
				uint32(9),
				uint32(6),
				uint64(BigInt(it.value.length)),
				Buffer.from(Float32Array.from(it.value).buffer),
			]);
	}
}

function text(value: string): Buffer {
	const bytes = Buffer.from(value);
	return Buffer.concat([uint64(BigInt(bytes.length)), bytes]);
}

/** One buffer for all: vocabularies have hundreds of thousands. */
function texts(values: readonly string[]): Buffer {
	const lengths = values.map((value) => Buffer.byteLength(value));
	const bytes = Buffer.alloc(
		lengths.reduce((sum, length) => sum + 8 + length, 0),
	);
	let at = 0;
	for (const [index, value] of values.entries()) {
		bytes.writeUInt32LE(lengths[index] ?? 0, at);
		bytes.write(value, at + 8);
		at += 8 + (lengths[index] ?? 0);
	}
	return bytes;
}

function uint32(value: number): Buffer {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32LE(value);
	return bytes;
}

function uint64(value: bigint): Buffer {
	const bytes = Buffer.alloc(8);
	bytes.writeBigUInt64LE(value);
	return bytes;
}
