/** Writes polygons as a TrueType font (OpenType 1.9) in WOFF 1.0: the tables that a browser demands, and no more. */

export type Point = readonly [x: number, y: number];
/** Clockwise is filled, counterclockwise a hole in it: outlines are filled by their winding. */
export type Contour = readonly Point[];

export interface Glyph {
	/** As `contributes.icons` names it. */
	readonly name: string;
	readonly codePoint: number;
	readonly contours: readonly Contour[];
}

/** At 16 pixels, the size of icons in VS Code, a pixel is 64 units. */
export const unitsPerEm = 1024;
/** Codicons stand a little below the line of the text. */
export const descent = 128;
export const ascent = unitsPerEm - descent;

//#region TrueType
export function trueType(them: readonly Glyph[]): ReadonlyMap<string, Buffer> {
	// The first glyph stands for every character that is not there: an empty one.
	const outlines = [
		Buffer.alloc(0),
		...them.map(({ contours }) => outlineOf(contours)),
	];
	const offsets = [0, ...endsOf(outlines)];
	const tables = {
		"OS/2": os2(them),
		cmap: cmap(them),
		glyf: Buffer.concat(outlines),
		head: head(them),
		hhea: hhea(outlines.length),
		hmtx: u16(...outlines.flatMap(() => [unitsPerEm, 0])),
		loca: u32(...offsets),
		maxp: maxp(them),
		name: name(),
		post: post(),
	};
	return new Map(Object.entries(tables));
}

function outlineOf(contours: readonly Contour[]): Buffer {
	const points = contours.flat();
	const steps = (axis: 0 | 1) =>
		points.map((point, i) => point[axis] - (points[i - 1]?.[axis] ?? 0));
	const onCurve = points.map(() => 1);
	return padded(
		Buffer.concat([
			u16(contours.length, ...boxOf(points)),
			u16(...endsOf(contours).map((it) => it - 1), 0),
			Buffer.from(onCurve),
			u16(...steps(0), ...steps(1)),
		]),
	);
}

/** Where each ends, laid one behind the other. */
function endsOf(them: readonly { readonly length: number }[]): number[] {
	let end = 0;
	return them.map(({ length }) => {
		end += length;
		return end;
	});
}

function boxOf(points: readonly Point[]): readonly number[] {
	const xs = points.map(([x]) => x);
	const ys = points.map(([, y]) => y);
	return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

function head(them: readonly Glyph[]): Buffer {
	return Buffer.concat([
		// Version, revision, the sum of the whole file (filled in later), and the magic.
		u32(0x10000, 0x10000, 0, 0x5f0f3cf5),
		u16(0b1011, unitsPerEm),
		// Created and changed: never, so that the same icons are the same file.
		u32(0, 0, 0, 0),
		u16(...boxOf(them.flatMap(({ contours }) => contours.flat()))),
		// No style, readable from 8 pixels on, left to right, long offsets, the only format of glyphs.
		u16(0, 8, 2, 1, 0),
	]);
}

function hhea(glyphCount: number): Buffer {
	return Buffer.concat([
		u32(0x10000),
		u16(ascent, -descent, 0, unitsPerEm, 0, 0, unitsPerEm, 1, 0, 0),
		u16(0, 0, 0, 0, 0, glyphCount),
	]);
}

function maxp(them: readonly Glyph[]): Buffer {
	const most = (count: (glyph: Glyph) => number) =>
		Math.max(...them.map(count));
	return Buffer.concat([
		u32(0x10000),
		u16(
			them.length + 1,
			most(({ contours }) => contours.flat().length),
			most(({ contours }) => contours.length),
		),
		// No composite glyphs, one zone, no instructions.
		u16(0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
	]);
}

/** Format 4, for characters that follow each other: one segment, and the one that must end the list. */
function cmap(them: readonly Glyph[]): Buffer {
	const codePoints = them.map(({ codePoint }) => codePoint);
	const first = Math.min(...codePoints);
	const last = Math.max(...codePoints);
	const subtable = u16(
		...[4, 32, 0, 4, 4, 1, 0],
		...[last, 0xffff, 0, first, 0xffff],
		...[1 - first, 1, 0, 0],
	);
	return Buffer.concat([u16(0, 1, 3, 1), u32(12), subtable]);
}

function os2(them: readonly Glyph[]): Buffer {
	const codePoints = them.map(({ codePoint }) => codePoint);
	return Buffer.concat([
		// Version, average width, weight, width, and that it may be embedded.
		u16(4, unitsPerEm, 400, 5, 0),
		// Sub- and superscripts and strikeout, which nobody asks of icons, and no class.
		u16(...Array.from({ length: 11 }, () => 0)),
		Buffer.alloc(10),
		// Unicode: the private use area.
		u32(0, 1 << 28, 0, 0),
		Buffer.from("HDRM"),
		u16(1 << 6, Math.min(...codePoints), Math.max(...codePoints)),
		u16(ascent, -descent, 0, ascent, descent),
		u32(1, 0),
		u16(0, 0, 0, 0, 0),
	]);
}

function name(): Buffer {
	const records: readonly (readonly [id: number, text: string])[] = [
		[1, "Headroom Icons"],
		[2, "Regular"],
		[3, "Headroom Icons"],
		[4, "Headroom Icons"],
		[5, "Version 1.0"],
		[6, "HeadroomIcons"],
	];
	const texts = records.map(([, text]) =>
		Buffer.from(text, "utf16le").swap16(),
	);
	let offset = 0;
	const entries = records.map(([id], i) => {
		const length = texts[i]?.length ?? 0;
		const entry = u16(3, 1, 0x409, id, length, offset);
		offset += length;
		return entry;
	});
	return Buffer.concat([
		u16(0, records.length, 6 + 12 * records.length),
		...entries,
		...texts,
	]);
}

/** Version 3: glyphs have no names. */
function post(): Buffer {
	return u32(0x30000, 0, 0, 0, 0, 0, 0, 0);
}

function u16(...values: readonly number[]): Buffer {
	const buffer = Buffer.alloc(values.length * 2);
	values.forEach((value, i) => {
		buffer.writeUInt16BE(value & 0xffff, i * 2);
	});
	return buffer;
}

function u32(...values: readonly number[]): Buffer {
	const buffer = Buffer.alloc(values.length * 4);
	values.forEach((value, i) => {
		buffer.writeUInt32BE(value >>> 0, i * 4);
	});
	return buffer;
}

function padded(buffer: Buffer): Buffer {
	return Buffer.concat([buffer, Buffer.alloc(-buffer.length & 3)]);
}

export function checksum(table: Buffer): number {
	const whole = padded(table);
	let sum = 0;
	for (let i = 0; i < whole.length; i += 4)
		sum = (sum + whole.readUInt32BE(i)) >>> 0;
	return sum;
}
//#endregion

//#region WOFF
const sfntVersion = 0x10000;
const adjustmentOffset = 8;

/** Nothing is compressed: it is little, and compressors differ from one version to the next. */
export function woff(tables: ReadonlyMap<string, Buffer>): Buffer {
	const sorted = [...tables]
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([tag, table]) => ({ tag, table, sum: checksum(table) }));
	const headTable = tables.get("head");
	headTable?.writeUInt32BE(adjustmentOf(sorted), adjustmentOffset);
	let offset = 44 + 20 * sorted.length;
	const entries = sorted.map(({ tag, table, sum }) => {
		const { length } = table;
		const entry = u32(offset, length, length, sum);
		offset += padded(table).length;
		return Buffer.concat([Buffer.from(tag), entry]);
	});
	const unpackedBytes = sorted.reduce(
		(total, { table }) => total + 16 + padded(table).length,
		12,
	);
	return Buffer.concat([
		Buffer.from("wOFF"),
		u32(sfntVersion, offset),
		u16(sorted.length, 0),
		u32(unpackedBytes),
		u16(1, 0),
		// No metadata and no private data.
		u32(0, 0, 0, 0, 0),
		...entries,
		...sorted.map(({ table }) => padded(table)),
	]);
}

interface SummedTable {
	readonly tag: string;
	readonly table: Buffer;
	readonly sum: number;
}

/** With it, the sum over the whole unpacked file comes out as a constant. */
function adjustmentOf(sorted: readonly SummedTable[]): number {
	const count = sorted.length;
	const power = 2 ** Math.floor(Math.log2(count));
	let offset = 12 + 16 * count;
	const entries = sorted.map(({ tag, table, sum }) => {
		const entry = u32(sum, offset, table.length);
		offset += padded(table).length;
		return Buffer.concat([Buffer.from(tag), entry]);
	});
	const directory = Buffer.concat([
		u32(sfntVersion),
		u16(count, power * 16, Math.log2(power), (count - power) * 16),
		...entries,
	]);
	const sum = sorted.reduce((total, it) => total + it.sum, checksum(directory));
	return (0xb1b0afba - sum) >>> 0;
}
//#endregion
