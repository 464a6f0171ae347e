/**
 * Reads the header of a GGUF file: the metadata and the table of tensors, but not the weights. The format is described in ggml's
 * `docs/gguf.md`.
 *
 * Invariants: every length and count is checked against the size of the file before use, and the header as a whole has a budget, so that a
 * corrupt or hostile file costs an error message and not minutes, gigabytes or the process. Text of the file in an error is one short line.
 */

import { failure, type Result, success } from "../base/result.ts";
import { oneLine, type Phrase, phrase } from "../base/sentence.ts";
import { tensorBytes } from "./ggmlType.ts";

/** Random access to a file. `read` may return fewer bytes than requested only at the end of the file. */
export interface ByteSource {
	readonly sizeBytes: number;
	read(offset: number, lengthBytes: number): Uint8Array;
}

/** An array of numbers that is too long for one value per layer, such as the scores of a vocabulary. Nothing needs its values. */
interface GgufNumbers {
	readonly numbers: number;
}

/** The location of an array of strings. Vocabularies and merges have hundreds of thousands of them, so they are not read. */
interface GgufStrings {
	readonly strings: number;
	/** From the length of the first string to the end of the last; each string follows its length in 8 bytes. */
	readonly startBytes: number;
	readonly endBytes: number;
}

/** Short arrays of numbers are kept; of long ones only the length, of strings only the location. */
export type GgufValue =
	| number
	| bigint
	| boolean
	| string
	| readonly (number | bigint | boolean)[]
	| GgufNumbers
	| GgufStrings;

export interface GgufTensor {
	readonly name: string;
	/** Innermost dimension first, as in the file. */
	readonly shape: readonly number[];
	readonly typeId: number;
	/** Relative to the start of the data. */
	readonly offsetBytes: number;
}

export interface GgufHeader {
	readonly version: number;
	readonly metadata: ReadonlyMap<string, GgufValue>;
	readonly tensors: readonly GgufTensor[];
	/** Offset of the tensor data in the file. */
	readonly dataOffsetBytes: number;
	/** The minimum size of a file that holds all tensors of known types. */
	readonly expectedFileBytes: number;
}

export type GgufProblem =
	| { readonly kind: "empty" }
	| { readonly kind: "notGguf"; readonly found: string }
	| { readonly kind: "version"; readonly version: number }
	| {
			readonly kind: "truncated";
			readonly foundBytes: number;
			readonly expectedBytes: number;
	  }
	| { readonly kind: "corrupt"; readonly why: Phrase };

/** The end of the tensor table at the latest. The largest vocabularies, of 260,000 tokens with their merges, take half of it. */
export const maxHeaderBytes = 32 * 1024 * 1024;
const maxMetadataEntries = 65_536;
/** Large mixtures of experts have some thousand, or 50,000 where each expert has its own. */
const maxTensors = 65_536;
const maxDimensions = 4;
/** Of one key, name or value; the longest are chat templates, with some 20 KB. */
const maxStringBytes = 4 * 1024 * 1024;
/** Of all keys, names and values together. */
const maxTextBytes = 16 * 1024 * 1024;
/** Of all arrays of strings together. Vocabularies and merges have some hundred thousand. */
const maxListedStrings = 2 * 1024 * 1024;
/** An array with a value per layer has fewer. */
const maxKeptNumbers = 4096;
/** Of all arrays that are kept. */
const maxAllKeptNumbers = 256 * 1024;
/** Of text of the file in an error. */
const maxShownCharacters = 80;
const windowBytes = 1024 * 1024;

export function readGgufHeader(
	source: ByteSource,
): Result<GgufHeader, GgufProblem> {
	if (source.sizeBytes === 0) return failure({ kind: "empty" });
	const magic = source.read(0, 4);
	if (new TextDecoder("latin1").decode(magic) !== "GGUF")
		return failure({ kind: "notGguf", found: printable(magic) });
	try {
		return readAfterMagic(new Reader(source, 4));
	} catch (thrown) {
		if (thrown instanceof Corrupt) return failure(thrown.problem);
		throw thrown;
	}
}

function readAfterMagic(reader: Reader): Result<GgufHeader, GgufProblem> {
	const version = reader.uint32();
	if (version !== 2 && version !== 3)
		return failure({ kind: "version", version });
	const tensorCount = reader.count("tensors", maxTensors);
	const entryCount = reader.count("metadata entries", maxMetadataEntries);

	const metadata = new Map<string, GgufValue>();
	for (let i = 0; i < entryCount; i++) {
		const key = reader.string("a metadata key");
		if (metadata.has(key))
			throw corrupt(
				phrase("it has the metadata key {key} twice", { key: shown(key) }),
			);
		metadata.set(key, readValue(reader, reader.uint32(), key));
	}

	const tensors: GgufTensor[] = [];
	for (let i = 0; i < tensorCount; i++) tensors.push(readTensor(reader));

	const alignment = metadata.get("general.alignment") ?? 32;
	if (typeof alignment !== "number" || alignment < 1 || alignment % 1 !== 0)
		throw corrupt(phrase("its alignment is not a whole number", {}));
	const dataOffsetBytes = Math.ceil(reader.offset / alignment) * alignment;
	const expectedFileBytes = tensors.reduce(
		(end, { shape, typeId, offsetBytes }) =>
			Math.max(
				end,
				dataOffsetBytes + offsetBytes + (tensorBytes(shape, typeId) ?? 0),
			),
		reader.offset,
	);
	if (!Number.isSafeInteger(expectedFileBytes))
		throw corrupt(phrase("its tensors exceed any file size", {}));
	if (expectedFileBytes > reader.sizeBytes)
		return failure({
			kind: "truncated",
			foundBytes: reader.sizeBytes,
			expectedBytes: expectedFileBytes,
		});
	return success({
		version,
		metadata,
		tensors,
		dataOffsetBytes,
		expectedFileBytes,
	});
}

function readTensor(reader: Reader): GgufTensor {
	const name = reader.string("a tensor name");
	const dimensions = reader.uint32();
	if (dimensions > maxDimensions)
		throw corrupt(
			phrase("the tensor {name} has {dimensions} dimensions", {
				name: shown(name),
				dimensions: String(dimensions),
			}),
		);
	const shape: number[] = [];
	for (let i = 0; i < dimensions; i++)
		shape.push(
			reader.count(
				`elements of the tensor "${shown(name)}"`,
				Number.MAX_SAFE_INTEGER,
			),
		);
	return {
		name,
		shape,
		typeId: reader.uint32(),
		offsetBytes: reader.count(
			`bytes before the tensor "${shown(name)}"`,
			Number.MAX_SAFE_INTEGER,
		),
	};
}

const typeOfString = 8;
const typeOfArray = 9;

/** Bytes of one value by its type id; a string has at least its length. */
const minBytesOf: ReadonlyMap<number, number> = new Map([
	[0, 1],
	[1, 1],
	[2, 2],
	[3, 2],
	[4, 4],
	[5, 4],
	[6, 4],
	[7, 1],
	[typeOfString, 8],
	[10, 8],
	[11, 8],
	[12, 8],
]);

function readValue(reader: Reader, typeId: number, key: string): GgufValue {
	if (typeId === typeOfString)
		return reader.string(`the value of "${shown(key)}"`);
	if (typeId !== typeOfArray) return readScalar(reader, typeId, key);

	const elementType = reader.uint32();
	const minBytes = minBytesOf.get(elementType);
	if (minBytes === undefined)
		throw corrupt(
			phrase("{key} is an array of the unknown type {type}", {
				key: shown(key),
				type: String(elementType),
			}),
		);
	const length = reader.count(
		`elements of "${shown(key)}"`,
		Number.MAX_SAFE_INTEGER,
	);
	reader.expect(length * minBytes);
	if (elementType === typeOfString) {
		reader.spendStrings(length);
		const startBytes = reader.offset;
		const what = `an element of "${shown(key)}"`;
		for (let i = 0; i < length; i++) reader.skipString(what);
		return { strings: length, startBytes, endBytes: reader.offset };
	}
	if (length > maxKeptNumbers || !reader.spendNumbers(length)) {
		reader.skip(length * minBytes);
		return { numbers: length };
	}
	const values: (number | bigint | boolean)[] = [];
	for (let i = 0; i < length; i++)
		values.push(readScalar(reader, elementType, key));
	return values;
}

function readScalar(
	reader: Reader,
	typeId: number,
	key: string,
): number | bigint | boolean {
	switch (typeId) {
		case 0:
			return reader.take(1).getUint8(0);
		case 1:
			return reader.take(1).getInt8(0);
		case 2:
			return reader.take(2).getUint16(0, true);
		case 3:
			return reader.take(2).getInt16(0, true);
		case 4:
			return reader.uint32();
		case 5:
			return reader.take(4).getInt32(0, true);
		case 6:
			return reader.take(4).getFloat32(0, true);
		case 7:
			return reader.take(1).getUint8(0) !== 0;
		case 10:
			return narrow(reader.take(8).getBigUint64(0, true));
		case 11:
			return narrow(reader.take(8).getBigInt64(0, true));
		case 12:
			return reader.take(8).getFloat64(0, true);
		default:
			throw corrupt(
				phrase("{key} has the unknown type {type}", {
					key: shown(key),
					type: String(typeId),
				}),
			);
	}
}

function narrow(value: bigint): number | bigint {
	const number = Number(value);
	return Number.isSafeInteger(number) ? number : value;
}

function printable(bytes: Uint8Array): string {
	return `"${[...bytes]
		.map((byte) =>
			byte >= 32 && byte < 127
				? String.fromCharCode(byte)
				: `\\x${byte.toString(16).padStart(2, "0")}`,
		)
		.join("")}"`;
}

function shown(text: string): string {
	return oneLine(text, maxShownCharacters);
}

/** Thrown and caught in this file only. */
class Corrupt extends Error {
	constructor(readonly problem: GgufProblem) {
		super(problem.kind);
	}
}

function corrupt(why: Phrase): Corrupt {
	return new Corrupt({ kind: "corrupt", why });
}

const utf8 = new TextDecoder();

/** A cursor over the source that keeps one window of it in memory, and the budget of the header. */
class Reader {
	readonly #source: ByteSource;
	#window: Uint8Array = new Uint8Array(0);
	#windowOffset = 0;
	#textBytesLeft = maxTextBytes;
	#stringsLeft = maxListedStrings;
	#numbersLeft = maxAllKeptNumbers;
	offset: number;

	constructor(source: ByteSource, offset: number) {
		this.#source = source;
		this.offset = offset;
	}

	get sizeBytes(): number {
		return this.#source.sizeBytes;
	}

	get leftBytes(): number {
		return this.#source.sizeBytes - this.offset;
	}

	uint32(): number {
		return this.take(4).getUint32(0, true);
	}

	/** A 64-bit count, which must be at most `limit`. */
	count(what: string, limit: number): number {
		const value = this.take(8).getBigUint64(0, true);
		if (value > BigInt(limit))
			throw corrupt(
				phrase("it claims to have {count} {what}", {
					count: String(value),
					what,
				}),
			);
		return Number(value);
	}

	string(what: string): string {
		const lengthBytes = this.#stringLength(what);
		this.#textBytesLeft -= lengthBytes;
		if (this.#textBytesLeft < 0)
			throw corrupt(phrase("its header has too much text", {}));
		return utf8.decode(this.take(lengthBytes));
	}

	/** Throws if the header lists more strings than any vocabulary. */
	spendStrings(count: number): void {
		this.#stringsLeft -= count;
		if (this.#stringsLeft < 0)
			throw corrupt(
				phrase("its header lists more than {count} strings", {
					count: String(maxListedStrings),
				}),
			);
	}

	/** False if the header has kept as many numbers as it may. */
	spendNumbers(count: number): boolean {
		if (count > this.#numbersLeft) return false;
		this.#numbersLeft -= count;
		return true;
	}

	skip(lengthBytes: number): void {
		this.expect(lengthBytes);
		this.offset += lengthBytes;
	}

	skipString(what: string): void {
		// Not a single assignment: reading the length moves the offset.
		const lengthBytes = this.#stringLength(what);
		this.offset += lengthBytes;
	}

	/** Throws if the file has fewer bytes left. */
	expect(lengthBytes: number): void {
		if (lengthBytes > this.leftBytes)
			throw new Corrupt({
				kind: "truncated",
				foundBytes: this.sizeBytes,
				expectedBytes: this.offset + lengthBytes,
			});
		if (this.offset + lengthBytes > maxHeaderBytes)
			throw corrupt(phrase("its header has no end", {}));
	}

	take(lengthBytes: number): DataView {
		this.expect(lengthBytes);
		let start = this.offset - this.#windowOffset;
		if (start < 0 || start + lengthBytes > this.#window.byteLength) {
			this.#window = this.#source.read(
				this.offset,
				Math.max(windowBytes, lengthBytes),
			);
			this.#windowOffset = this.offset;
			start = 0;
			if (this.#window.byteLength < lengthBytes)
				throw corrupt(phrase("it changed while it was read", {}));
		}
		this.offset += lengthBytes;
		return new DataView(
			this.#window.buffer,
			this.#window.byteOffset + start,
			lengthBytes,
		);
	}

	#stringLength(what: string): number {
		const length = this.take(8).getBigUint64(0, true);
		if (length > BigInt(maxStringBytes))
			throw corrupt(
				phrase("{what} claims to have {length} bytes", {
					what,
					length: String(length),
				}),
			);
		this.expect(Number(length));
		return Number(length);
	}
}
