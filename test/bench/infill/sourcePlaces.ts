/** Places in real sources where a line breaks off: what stands there is known, and no test is needed to judge it. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { root } from "../../../scripts/shell.ts";
import type { DocumentSnapshot } from "../../../src/completion/text/documentContext.ts";
import { seededRandom } from "../../support/seededRandom.ts";
import { pythonFiles, shortPath } from "../trace.ts";

export interface SourcePlace {
	readonly snapshot: DocumentSnapshot;
	/** The rest of the line, as it is in the file. */
	readonly right: string;
}

const minLineChars = 12;
/** What is left of a line is not less than this. */
const minRestChars = 4;

export const placeLanguages = ["typescript", "python"] as const;
type PlaceLanguage = (typeof placeLanguages)[number];

/** The same places in every run on the same checkout, in as many different files as there are. */
export function sourcePlaces(
	languageId: PlaceLanguage,
	count: number,
): SourcePlace[] {
	const random = seededRandom(languageId.length);
	const files = filesIn[languageId]()
		.map((file) => ({ file, order: random() }))
		.sort((a, b) => a.order - b.order);
	const places: SourcePlace[] = [];
	let before = -1;
	while (places.length < count && places.length > before) {
		before = places.length;
		for (const { file } of files) {
			const place = placeIn(file, languageId, random);
			if (place && places.length < count) places.push(place);
		}
	}
	return places;
}

const filesIn: Readonly<Record<PlaceLanguage, () => readonly string[]>> = {
	typescript: () =>
		execFileSync("git", ["ls-files", "src/*.ts"], {
			cwd: root,
			encoding: "utf8",
		})
			.trim()
			.split("\n")
			.map((file) => path.join(root, file)),
	python: pythonFiles,
};

function placeIn(
	file: string,
	languageId: PlaceLanguage,
	random: () => number,
): SourcePlace | undefined {
	const text = readFileSync(file, "utf8").replaceAll("\r\n", "\n");
	if (text.length < 1_000 || text.length > 40_000) return undefined;
	const lines = text.split("\n");
	// Minified code is nobody's typing.
	if (lines.some((line) => line.length > 200)) return undefined;
	const index = Math.floor(lines.length * random());
	const line = lines[index] ?? "";
	if (line.trim().length < minLineChars) return undefined;
	const indent = line.length - line.trimStart().length;
	const cut =
		indent +
		Math.floor(random() * (line.trimEnd().length - indent - minRestChars + 1));
	const start = lines
		.slice(0, index)
		.reduce((sum, it) => sum + it.length + 1, 0);
	return {
		snapshot: {
			uri: `file:///${shortPath(file)}`,
			path: shortPath(file),
			languageId,
			indentation: { insertSpaces: languageId === "python", tabSize: 4 },
			version: 1,
			text: text.slice(0, start + cut) + text.slice(start + line.length),
			offset: start + cut,
		},
		right: line.slice(cut),
	};
}
