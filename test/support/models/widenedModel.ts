/**
 * Cost-true models: a small trained model, widened with zeros until it costs what one of 0.5 or 1.5 billion parameters costs. It speaks
 * exactly like the small one, so that what is drafted for it is accepted as often.
 *
 * Every matrix is the small one with columns and rows of zeros behind it, and the later layers are zero altogether. The mean square that
 * a norm divides by is taken over more elements, `growth` squared times as many: so all that goes from layer to layer is `growth`
 * times what it was, and the weights of the norms take that back. (To change the epsilon instead would change it for the norms of the
 * heads too, which stay as long as they were.) As `growth` is a power of two, nothing is rounded otherwise than in the small model.
 */

import assert from "node:assert/strict";
import {
	closeSync,
	ftruncateSync,
	openSync,
	readFileSync,
	writeSync,
} from "node:fs";
import {
	type GgufHeader,
	type GgufTensor,
	readGgufHeader,
} from "../../../src/gguf/ggufHeader.ts";
import {
	aligned,
	bytesOf,
	dataBytes,
	placeTensors,
	type UnplacedTensor,
	type WritableTensor,
	writeEntry,
	writeTable,
} from "./ggufWriter.ts";
import { multiplyWeights } from "./multiplyWeights.ts";

export interface WideShape {
	readonly layers: number;
	/** That of the small model times a power of four. */
	readonly width: number;
	/** As long as those of the small model. */
	readonly heads: number;
	readonly kvHeads: number;
	readonly feedForward: number;
}

/** For the built-in model, which is 256 wide. Its vocabulary is small: what others have there, these have in their layers. */
export const wideShapes = {
	"0.5B": {
		layers: 28,
		width: 1024,
		heads: 16,
		kvHeads: 4,
		feedForward: 4864,
	},
	"1.5B": {
		layers: 12,
		width: 4096,
		heads: 32,
		kvHeads: 8,
		feedForward: 8192,
	},
} as const satisfies Readonly<Record<string, WideShape>>;

interface Widening {
	/** Which part of the shape gives a dimension its size, innermost first; null for those that stay. */
	readonly parts: readonly (keyof WideShape | null)[];
	/** The power of `growth` that the weights are multiplied with. */
	readonly power: number;
}

const inner = (...parts: Widening["parts"]) => ({ parts, power: 0 });
/** What it gives goes from layer to layer. */
const outer = (...parts: Widening["parts"]) => ({ parts, power: 1 });
const norm = { parts: ["width"], power: -1 } as const;

/** By the name of the tensor, without its layer. */
const widenings: Readonly<Record<string, Widening>> = {
	"token_embd.weight": outer("width", null),
	"attn_norm.weight": norm,
	"attn_q.weight": inner("width", "heads"),
	"attn_k.weight": inner("width", "kvHeads"),
	"attn_v.weight": inner("width", "kvHeads"),
	"attn_q_norm.weight": inner(null),
	"attn_k_norm.weight": inner(null),
	"attn_output.weight": outer("heads", "width"),
	"ffn_norm.weight": norm,
	"ffn_gate.weight": inner("width", "feedForward"),
	"ffn_up.weight": inner("width", "feedForward"),
	"ffn_down.weight": outer("feedForward", "width"),
	// The embedding, which has grown, is the output matrix too.
	"output_norm.weight": { ...norm, power: -2 },
};

/** Where the metadata have it, behind the name of the architecture. */
const keys: Readonly<Record<keyof WideShape, string>> = {
	layers: "block_count",
	width: "embedding_length",
	heads: "attention.head_count",
	kvHeads: "attention.head_count_kv",
	feedForward: "feed_forward_length",
};

/** Behind the magic and the version. */
const tensorCountOffset = 8;

/**
 * Writes the model of the file `from` in the shape `wide` to the file `to`. Zeros are holes: a fifteenth of the file
 * takes room on disk.
 *
 * @throws where the wide model could not speak exactly like the small one, or `from` is no qwen3 in F16 or Q8_0 with tied embeddings.
 */
export function widenModel(from: string, to: string, wide: WideShape): void {
	const bytes = readFileSync(from);
	const header = headerOf(bytes);
	const narrow = shapeOf(header);
	assertWidens(narrow, wide);

	const tensors = placeTensors(widenTensors(header.tensors, narrow, wide));
	const front = widenFront(bytes, header, { narrow, wide, tensors });
	const dataOffsetBytes = aligned(front.length);
	const file = openSync(to, "w");
	try {
		writeSync(file, front);
		ftruncateSync(file, dataOffsetBytes + dataBytes(tensors));
		// Those of the small model come first and in their order.
		for (const [index, tensor] of header.tensors.entries()) {
			const target = tensors[index];
			assert.ok(target);
			const start = header.dataOffsetBytes + tensor.offsetBytes;
			const factor = growth(narrow, wide) ** wideningOf(tensor).power;
			writeRows(file, {
				data: multiplyWeights(
					bytes.subarray(start, start + bytesOf(tensor)),
					tensor.typeId,
					factor,
				),
				rowBytes: rowBytes(tensor),
				toOffsetBytes: dataOffsetBytes + target.offsetBytes,
				toRowBytes: rowBytes(target),
			});
		}
	} finally {
		closeSync(file);
	}
}

function headerOf(bytes: Buffer): GgufHeader {
	const header = readGgufHeader({
		sizeBytes: bytes.length,
		read: (offset, lengthBytes) => bytes.subarray(offset, offset + lengthBytes),
	});
	assert.ok(header.ok, JSON.stringify(header));
	return header.value;
}

function shapeOf(header: GgufHeader): WideShape {
	assert.equal(header.metadata.get("general.architecture"), "qwen3");
	const number = (part: keyof WideShape) => numberAt(header, keys[part]);
	return {
		layers: number("layers"),
		width: number("width"),
		heads: number("heads"),
		kvHeads: number("kvHeads"),
		feedForward: number("feedForward"),
	};
}

function numberAt({ metadata }: GgufHeader, key: string): number {
	const value = metadata.get(`qwen3.${key}`);
	assert.ok(typeof value === "number", key);
	return value;
}

function assertWidens(narrow: WideShape, wide: WideShape): void {
	for (const part of Object.keys(keys) as (keyof WideShape)[])
		assert.ok(wide[part] >= narrow[part], `${part} shrinks`);
	assert.ok(
		Number.isInteger(Math.log2(growth(narrow, wide))),
		"the width does not grow by a power of four",
	);
	const kvHeadOf = ({ heads, kvHeads }: WideShape, head: number) =>
		Math.floor(head / (heads / kvHeads));
	for (let head = 0; head < narrow.heads; head++)
		assert.equal(
			kvHeadOf(wide, head),
			kvHeadOf(narrow, head),
			`head ${head} would read the keys of another`,
		);
}

function growth(narrow: WideShape, wide: WideShape): number {
	return Math.sqrt(wide.width / narrow.width);
}

function widenTensors(
	tensors: readonly GgufTensor[],
	narrow: WideShape,
	wide: WideShape,
): readonly UnplacedTensor[] {
	const widened = tensors.map((tensor) => ({
		name: tensor.name,
		shape: wideningOf(tensor).parts.map((part, index) => {
			const size = tensor.shape[index] ?? 1;
			return part === null ? size : (size / narrow[part]) * wide[part];
		}),
		typeId: tensor.typeId,
	}));
	const firstLayer = widened.filter(({ name }) => name.startsWith("blk.0."));
	const added = Array.from(
		{ length: wide.layers - narrow.layers },
		(_, index) =>
			firstLayer.map((tensor) => ({
				...tensor,
				name: tensor.name.replace("0", String(narrow.layers + index)),
			})),
	);
	return [...widened, ...added.flat()];
}

function wideningOf({ name, shape }: GgufTensor): Widening {
	const widening = widenings[name.replace(/^blk\.\d+\./, "")];
	assert.equal(widening?.parts.length, shape.length, name);
	return widening;
}

/** Magic, metadata and table of tensors. What is the same is copied byte by byte: our reader does not keep vocabularies. */
function widenFront(
	bytes: Buffer,
	header: GgufHeader,
	{
		narrow,
		wide,
		tensors,
	}: {
		readonly narrow: WideShape;
		readonly wide: WideShape;
		readonly tensors: readonly WritableTensor[];
	},
): Buffer {
	const tableOffset = bytes.indexOf(writeTable(header.tensors));
	assert.ok(tableOffset > 0);
	const metadata = Buffer.from(bytes.subarray(0, tableOffset));
	metadata.writeBigUInt64LE(BigInt(tensors.length), tensorCountOffset);
	for (const part of Object.keys(keys) as (keyof WideShape)[])
		replaceNumber(metadata, keys[part], narrow[part], wide[part]);
	return Buffer.concat([metadata, writeTable(tensors)]);
}

function replaceNumber(
	metadata: Buffer,
	key: string,
	before: number,
	after: number,
): void {
	const entry = (value: number) =>
		writeEntry(`qwen3.${key}`, { type: "uint32", value });
	const offset = metadata.indexOf(entry(before));
	assert.ok(offset > 0, key);
	entry(after).copy(metadata, offset);
}

function rowBytes({ name, shape, typeId }: UnplacedTensor): number {
	return bytesOf({ name, shape: shape.slice(0, 1), typeId });
}

function writeRows(
	file: number,
	{
		data,
		rowBytes,
		toOffsetBytes,
		toRowBytes,
	}: {
		readonly data: Buffer;
		readonly rowBytes: number;
		readonly toOffsetBytes: number;
		readonly toRowBytes: number;
	},
): void {
	for (let row = 0; row * rowBytes < data.length; row++)
		writeSync(
			file,
			data,
			row * rowBytes,
			rowBytes,
			toOffsetBytes + row * toRowBytes,
		);
}
