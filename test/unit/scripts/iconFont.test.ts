import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { inflateSync } from "node:zlib";
import { contributedIcons, iconFont } from "../../../scripts/iconFont.ts";
import { root } from "../../../scripts/shell.ts";

/** The tables of a WOFF 1.0 file. */
function tablesOf(file: Buffer): ReadonlyMap<string, Buffer> {
	assert.equal(file.toString("latin1", 0, 4), "wOFF");
	assert.equal(file.readUInt32BE(8), file.length);
	const count = file.readUInt16BE(12);
	return new Map(
		Array.from({ length: count }, (_, i) => {
			const entry = 44 + 20 * i;
			const tag = file.toString("latin1", entry, entry + 4);
			const [offset = 0, packed = 0, length = 0] = [4, 8, 12].map((at) =>
				file.readUInt32BE(entry + at),
			);
			const table = file.subarray(offset, offset + packed);
			return [tag, packed < length ? inflateSync(table) : table];
		}),
	);
}

/** By the rules of cmap format 4; 0 for a character that the font lacks. */
function glyphIndex(cmap: Buffer, codePoint: number): number {
	const table = cmap.subarray(cmap.readUInt32BE(8));
	assert.equal(table.readUInt16BE(0), 4);
	const segments = table.readUInt16BE(6) / 2;
	for (let i = 0; i < segments; i++) {
		if (codePoint > table.readUInt16BE(14 + 2 * i)) continue;
		const start = table.readUInt16BE(16 + 2 * segments + 2 * i);
		const delta = table.readUInt16BE(16 + 4 * segments + 2 * i);
		const rangeAt = 16 + 6 * segments + 2 * i;
		const range = table.readUInt16BE(rangeAt);
		if (codePoint < start) return 0;
		if (range === 0) return (codePoint + delta) & 0xffff;
		return table.readUInt16BE(rangeAt + range + 2 * (codePoint - start));
	}
	return 0;
}

/** The corners of a simple glyph, contour by contour, in pixels of the 16 that an icon has, y growing downward. */
function contoursOf(tables: ReadonlyMap<string, Buffer>, index: number) {
	const table = (tag: string) => tables.get(tag) ?? Buffer.alloc(0);
	const isLong = table("head").readInt16BE(50) === 1;
	const offset = isLong
		? table("loca").readUInt32BE(index * 4)
		: table("loca").readUInt16BE(index * 2) * 2;
	const pixel = table("head").readUInt16BE(18) / 16;
	const glyph = table("glyf").subarray(offset);
	const ends = Array.from({ length: glyph.readInt16BE(0) }, (_, i) =>
		glyph.readUInt16BE(10 + 2 * i),
	);
	const count = (ends.at(-1) ?? -1) + 1;
	const afterEnds = 10 + 2 * ends.length;
	let at = afterEnds + 2 + glyph.readUInt16BE(afterEnds);
	const flags: number[] = [];
	while (flags.length < count) {
		const flag = glyph.readUInt8(at++);
		const repeats = flag & 8 ? glyph.readUInt8(at++) : 0;
		for (let i = 0; i <= repeats; i++) flags.push(flag);
	}
	assert.ok(
		flags.every((flag) => flag & 1),
		"straight lines only",
	);
	const coordinates = (short: number, same: number) => {
		let value = 0;
		return flags.map((flag) => {
			if (flag & short)
				value += flag & same ? glyph.readUInt8(at++) : -glyph.readUInt8(at++);
			else if (!(flag & same)) {
				value += glyph.readInt16BE(at);
				at += 2;
			}
			return value;
		});
	};
	const xs = coordinates(2, 16);
	const ys = coordinates(4, 32);
	const points = xs.map((x, i) => [x / pixel, 14 - (ys[i] ?? 0) / pixel]);
	return ends.map((end, i) => points.slice((ends[i - 1] ?? -1) + 1, end + 1));
}

/** The corners of an SVG file's path, which consists of M, H, V and Z. */
function drawnIn(file: string): (readonly [number, number])[][] {
	const svg = readFileSync(path.join(root, "media/icons", file), "utf8");
	assert.match(svg, /viewBox="0 0 16 16"/);
	const commands = / d="([MHVZ\d. ]+)"/.exec(svg)?.[1] ?? "";
	return commands
		.split("Z")
		.filter((it) => it !== "")
		.map((contour) => {
			let x = 0;
			let y = 0;
			return [...contour.matchAll(/([MHV])([\d.]+)(?: ([\d.]+))?/g)].map(
				([, command, first, second]) => {
					if (command !== "V") x = Number(first);
					if (command !== "H") y = Number(command === "V" ? first : second);
					return [x, y] as const;
				},
			);
		});
}

/** Clockwise contours are filled, counterclockwise ones are holes. */
function filledArea(
	contours: readonly (readonly (readonly [number, number])[])[],
) {
	return contours.reduce(
		(sum, points) =>
			sum +
			points.reduce((twice, [x, y], i) => {
				const [nextX, nextY] = points[(i + 1) % points.length] ?? [0, 0];
				return twice + x * nextY - nextX * y;
			}, 0) /
				2,
		0,
	);
}

/** Contours and their corners in an order of their own: a font may begin an outline anywhere. */
const sorted = (contours: readonly (readonly (readonly number[])[])[]) =>
	contours.map((points) => points.map(String).sort().join(" ")).sort();

describe("the icon font", () => {
	const icons = contributedIcons();
	let font: Uint8Array;
	let tables: ReadonlyMap<string, Buffer>;
	before(async () => {
		font = await iconFont(icons);
		tables = tablesOf(Buffer.from(font));
	});

	it("is the same file each time", async () => {
		assert.deepEqual(await iconFont(icons), font);
	});

	it("is shipped under the name that package.json gives it", () => {
		const { contributes } = JSON.parse(
			readFileSync(path.join(root, "package.json"), "utf8"),
		);
		const build = readFileSync(path.join(root, "esbuild.js"), "utf8");
		const shipped = readFileSync(path.join(root, ".vscodeignore"), "utf8");
		for (const icon of Object.values<{ default: { fontPath: string } }>(
			contributes.icons,
		)) {
			const file = icon.default.fontPath.replace(/^\.\//, "");
			assert.ok(build.includes(`"${file}"`), `${file} is built`);
			assert.ok(shipped.split("\n").includes(`!${file}`), `${file} is shipped`);
		}
	});

	it("draws each icon as its SVG file does, on the pixels of a 16 pixel square", () => {
		assert.equal(icons.length, 10);
		const cmap = tables.get("cmap") ?? Buffer.alloc(0);
		for (const { file, codePoint } of icons) {
			const index = glyphIndex(cmap, codePoint);
			assert.notEqual(index, 0, file);
			assert.deepEqual(
				sorted(contoursOf(tables, index)),
				sorted(drawnIn(`${file}.svg`)),
				file,
			);
		}
		assert.equal(glyphIndex(cmap, 0x41), 0, "no other characters");
	});

	it("fills up from level to level", () => {
		const areas = icons.map(({ file }) => filledArea(drawnIn(`${file}.svg`)));
		assert.ok(
			areas.every((area, i) => area > (areas[i - 1] ?? 0)),
			`${areas}`,
		);
	});
});
