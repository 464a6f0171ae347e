/** Places in the middle of lines of real code, with the files that would be open beside it. */

import { seededRandom } from "../../support/seededRandom.ts";
import {
	type Project,
	type ProjectFile,
	projects,
} from "../context/crossFilePlaces.ts";
import { tabsBeside } from "../context/repositoryStore.ts";

export interface NamePlace {
	readonly languageId: string;
	readonly path: string;
	/** The file without the rest of the line. */
	readonly text: string;
	readonly offset: number;
	/** The rest of the line. */
	readonly right: string;
	readonly openFiles: readonly ProjectFile[];
}

const minLineChars = 12;
const maxLineChars = 160;
const comment = /^\s*(?:\/\/|\/?\*|#)/;
/** A cut falls where a name begins. */
const nameStart = /(?<![\p{L}\p{N}_$])[\p{L}_$]/gu;

/** One place in each of so many files of each language, the same in every run on the same checkout. */
export function namePlaces(perLanguage: number): NamePlace[] {
	const random = seededRandom(5);
	const all = projects();
	return [...new Set(all.map((it) => it.languageId))].flatMap((languageId) => {
		const files = all
			.filter((project) => project.languageId === languageId)
			.flatMap((project) =>
				project.files.map((file) => ({ project, file, order: random() })),
			)
			.sort((a, b) => a.order - b.order);
		const places: NamePlace[] = [];
		// Where a language has few files, each gives several places.
		for (let round = 0; round < 8 && places.length < perLanguage; round++)
			for (const { project, file } of files) {
				const place = placeIn(project, file, random);
				if (place && places.length < perLanguage) places.push(place);
			}
		return places;
	});
}

function placeIn(
	project: Project,
	file: ProjectFile,
	random: () => number,
): NamePlace | undefined {
	const lines = file.text.split("\n");
	const at = Math.floor(random() * lines.length);
	const line = lines[at] ?? "";
	if (
		line.trim().length < minLineChars ||
		line.length > maxLineChars ||
		comment.test(line)
	)
		return undefined;
	const starts = [...line.matchAll(nameStart)].map(({ index }) => index);
	const cut = starts[Math.floor(random() * starts.length)];
	if (cut === undefined || line.length - cut < 4) return undefined;
	const before = lines
		.slice(0, at)
		.map((it) => `${it}\n`)
		.join("");
	const offset = before.length + cut;
	return {
		languageId: project.languageId,
		path: file.path,
		text:
			file.text.slice(0, offset) + file.text.slice(before.length + line.length),
		offset,
		right: line.slice(cut),
		openFiles: tabsBeside({ project, file }),
	};
}
