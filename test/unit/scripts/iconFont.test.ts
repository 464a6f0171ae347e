import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { glyphs, iconFont, iconFontFile } from "../../../scripts/icons.ts";
import { root } from "../../../scripts/shell.ts";
import {
	ascent,
	checksum,
	descent,
	unitsPerEm,
} from "../../../scripts/trueType.ts";

/** The tables of a WOFF file, each held against its checksum. */
function tablesOf(file: Buffer): ReadonlyMap<string, Buffer> {
	assert.equal(file.toString("latin1", 0, 4), "wOFF");
	assert.equal(file.readUInt32BE(8), file.length);
	const count = file.readUInt16BE(12);
	const tables = new Map<string, Buffer>();
	for (let i = 0; i < count; i++) {
		const entry = 44 + 20 * i;
		const tag = file.toString("latin1", entry, entry + 4);
		const offset = file.readUInt32BE(entry + 4);
		const length = file.readUInt32BE(entry + 8);
		assert.equal(length, file.readUInt32BE(entry + 12), "not compressed");
		const table = Buffer.from(file.subarray(offset, offset + length));
		assert.equal(table.length, length);
		tables.set(tag, table);
		const summed = Buffer.from(table);
		if (tag === "head") summed.writeUInt32BE(0, 8);
		assert.equal(checksum(summed), file.readUInt32BE(entry + 16), tag);
	}
	assert.deepEqual([...tables.keys()], [...tables.keys()].sort());
	return tables;
}

/** By the rules of cmap format 4. */
function glyphIndex(cmap: Buffer, codePoint: number): number {
	const table = cmap.subarray(cmap.readUInt32BE(8));
	assert.equal(table.readUInt16BE(0), 4);
	assert.equal(table.readUInt16BE(2), table.length);
	const segments = table.readUInt16BE(6) / 2;
	for (let i = 0; i < segments; i++) {
		if (codePoint > table.readUInt16BE(14 + 2 * i)) continue;
		const start = table.readUInt16BE(16 + 2 * segments + 2 * i);
		const delta = table.readUInt16BE(16 + 4 * segments + 2 * i);
		return codePoint < start ? 0 : (codePoint + delta) & 0xffff;
	}
	return 0;
}

/** As a rasterizer reads it: simple glyphs of points on the line, each step in two bytes. */
function contoursOf(glyph: Buffer): (readonly [number, number])[][] {
	const count = glyph.readInt16BE(0);
	const ends = Array.from({ length: count }, (_, i) =>
		glyph.readUInt16BE(10 + 2 * i),
	);
	const points = (ends.at(-1) ?? -1) + 1;
	const flags = 10 + 2 * count + 2;
	let x = 0;
	let y = 0;
	const all = Array.from({ length: points }, (_, i) => {
		assert.equal(glyph[flags + i], 1);
		x += glyph.readInt16BE(flags + points + 2 * i);
		y += glyph.readInt16BE(flags + 3 * points + 2 * i);
		return [x, y] as const;
	});
	return ends.map((end, i) => all.slice((ends[i - 1] ?? -1) + 1, end + 1));
}

/** Of what is filled: clockwise contours count, counterclockwise ones are taken off. */
function filledArea(
	contours: readonly (readonly (readonly [number, number])[])[],
) {
	return contours.reduce(
		(sum, points) =>
			sum -
			points.reduce((twice, [x, y], i) => {
				const [nextX, nextY] = points[(i + 1) % points.length] ?? [0, 0];
				return twice + x * nextY - nextX * y;
			}, 0) /
				2,
		0,
	);
}

describe("the icon font", () => {
	const tables = tablesOf(readFileSync(iconFontFile));
	const table = (tag: string): Buffer => {
		const found = tables.get(tag);
		assert.ok(found, tag);
		return found;
	};
	const contours = (index: number) => {
		const loca = table("loca");
		const [from, to] = [0, 4].map((at) => loca.readUInt32BE(index * 4 + at));
		return contoursOf(table("glyf").subarray(from, to));
	};

	it("is what the script makes", () => {
		assert.deepEqual(iconFont(), readFileSync(iconFontFile));
	});

	it("has the tables that a browser demands, which agree with each other", () => {
		assert.deepEqual(
			[...tables.keys()],
			[
				"OS/2",
				"cmap",
				"glyf",
				"head",
				"hhea",
				"hmtx",
				"loca",
				"maxp",
				"name",
				"post",
			],
		);
		assert.equal(table("head").readUInt32BE(12), 0x5f0f3cf5);
		assert.equal(table("head").readUInt16BE(18), unitsPerEm);
		assert.equal(table("OS/2").length, 96);
		assert.equal(table("hhea").length, 36);
		assert.equal(table("maxp").length, 32);
		assert.equal(table("post").length, 32);
		const count = table("maxp").readUInt16BE(4);
		assert.equal(count, glyphs.length + 1);
		assert.equal(table("hmtx").length, count * 4);
		assert.equal(table("hhea").readUInt16BE(34), count);
		assert.equal(table("loca").length, (count + 1) * 4);
		assert.equal(table("loca").readUInt32BE(count * 4), table("glyf").length);
	});

	it("finds every icon that package.json contributes, and has no others", () => {
		const { contributes } = JSON.parse(
			readFileSync(path.join(root, "package.json"), "utf8"),
		);
		const contributed = Object.entries<{
			default: { fontPath: string; fontCharacter: string };
		}>(contributes.icons).map(([name, icon]) => {
			assert.equal(path.join(root, icon.default.fontPath), iconFontFile);
			return [name, Number.parseInt(icon.default.fontCharacter.slice(1), 16)];
		});
		assert.deepEqual(
			contributed,
			glyphs.map(({ name, codePoint }) => [name, codePoint]),
		);
		for (const [i, { codePoint, contours: drawn }] of glyphs.entries()) {
			const index = glyphIndex(table("cmap"), codePoint);
			assert.equal(index, i + 1);
			assert.deepEqual(contours(index), drawn);
		}
		assert.equal(glyphIndex(table("cmap"), 0x41), 0);
	});

	it("fills up from level to level, within the square of a character", () => {
		const areas = glyphs.map((_, i) => filledArea(contours(i + 1)));
		assert.ok(
			areas.every((area, i) => area > (areas[i - 1] ?? 0)),
			`${areas}`,
		);
		for (const [, points] of glyphs.entries())
			for (const [x, y] of points.contours.flat()) {
				assert.ok(x >= 0 && x <= unitsPerEm, `${x}`);
				assert.ok(y >= -descent && y <= ascent, `${y}`);
			}
	});
});
