/** The icons of the memory gauge, as polygons. Each is a step of `contributes.icons` in package.json. */

import path from "node:path";
import { root } from "./shell.ts";
import {
	type Contour,
	type Glyph,
	trueType,
	unitsPerEm,
	woff,
} from "./trueType.ts";

const pixel = unitsPerEm / 16;

/** A module of memory: a frame that fills from below, with its contacts underneath. In pixels, so that edges are sharp. */
const frame = { left: 2, right: 14, bottom: 0, top: 12 };
/** One pixel each. */
const levels = 8;

export const glyphs: readonly Glyph[] = [
	...Array.from({ length: levels + 1 }, (_, level) => ({
		name: `headroom-gauge-${level}`,
		codePoint: 0xe000 + level,
		contours: [...outline(), ...filling(level)],
	})),
	{
		name: "headroom-gauge-spill",
		codePoint: 0xe000 + levels + 1,
		contours: [...outline(), ...filling(levels), ...overflow()],
	},
];

function outline(): readonly Contour[] {
	const { left, right, bottom, top } = frame;
	const inner = rectangle(left + 1, bottom + 1, right - 1, top - 1);
	return [
		rectangle(left, bottom, right, top),
		[...inner].reverse(),
		...[left + 1, left + 5, left + 9].map((x) =>
			rectangle(x, bottom - 2, x + 2, bottom),
		),
	];
}

function filling(level: number): readonly Contour[] {
	const { left, right, bottom } = frame;
	return level === 0
		? []
		: [rectangle(left + 2, bottom + 2, right - 2, bottom + 2 + level)];
}

/** What does not fit. */
function overflow(): readonly Contour[] {
	const { left, right, top } = frame;
	return [rectangle(left + 2, top + 1, right - 2, top + 2)];
}

/** In pixels. */
function rectangle(
	left: number,
	bottom: number,
	right: number,
	top: number,
): Contour {
	return [
		[left * pixel, bottom * pixel],
		[left * pixel, top * pixel],
		[right * pixel, top * pixel],
		[right * pixel, bottom * pixel],
	];
}

export const iconFontFile = path.join(root, "media", "headroom-icons.woff");

export function iconFont(): Buffer {
	return woff(trueType(glyphs));
}
