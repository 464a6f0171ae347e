/** Makes the font of the status bar's icons from the SVG files in `media/icons`, as `contributes.icons` in package.json names them. */

import { readFileSync } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import svg2ttf from "svg2ttf";
import { SVGIcons2SVGFontStream } from "svgicons2svgfont";
import ttf2woff from "ttf2woff";
import { root } from "./shell.ts";

/** At 16 pixels, the size of icons in VS Code, a pixel is 64 units. */
const unitsPerEm = 1024;
/** Codicons reach two pixels below the baseline. */
const descent = 128;

export interface Icon {
	/** The file in `media/icons`, without `.svg`. */
	readonly file: string;
	readonly codePoint: number;
}

/** The icons that package.json contributes: `headroom-gauge-0` is `gauge-0.svg`. */
export function contributedIcons(): readonly Icon[] {
	const { contributes } = JSON.parse(
		readFileSync(path.join(root, "package.json"), "utf8"),
	);
	return Object.entries<{ default: { fontCharacter: string } }>(
		contributes.icons,
	).map(([name, icon]) => ({
		file: name.replace(/^headroom-/, ""),
		codePoint: Number.parseInt(icon.default.fontCharacter.slice(1), 16),
	}));
}

/** The same icons give the same bytes. */
export async function iconFont(icons: readonly Icon[]): Promise<Uint8Array> {
	const font = new SVGIcons2SVGFontStream({
		fontName: "Headroom Icons",
		fontHeight: unitsPerEm,
		descent,
		normalize: true,
	});
	const svgFont = text(font);
	for (const { file, codePoint } of icons) {
		const svg = readFileSync(path.join(root, "media/icons", `${file}.svg`));
		font.write(
			Object.assign(Readable.from([svg]), {
				metadata: { name: file, unicode: [String.fromCodePoint(codePoint)] },
			}),
		);
	}
	font.end();
	// The time of creation is part of the file.
	return ttf2woff(svg2ttf(await svgFont, { ts: 0 }).buffer);
}
