/** Edits in SEARCH/REPLACE format. */

import { failure, type Result, success } from "../../base/result.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";
import { indentOf } from "../../workspace/indentation.ts";
import {
	isBlank,
	withFileIndentation,
	withIndentation,
} from "./blockIndentation.ts";
import {
	codeLines,
	type FileLines,
	parseFile,
	replaceLines,
} from "./fileLines.ts";
import { parseSearchReplace, type Replacement } from "./searchReplaceBlocks.ts";

/** Where a reading of an edit applies. */
interface Match {
	readonly places: readonly number[];
	/** In the file's indentation. */
	readonly search: readonly string[];
	readonly replace: readonly string[];
}

/** Applies all replacements in order, or none. @param file its name in errors. */
export function searchAndReplace(
	file: string,
	target: string,
	block: readonly string[],
): Result<string, HeadroomError> {
	const edits = parseSearchReplace(block);
	if (!edits) return failure(createError("editSearchBroken", { file }));
	let text = target;
	for (const readings of edits) {
		const next = replaceOnce(file, text, readings);
		if (!next.ok) return next;
		text = next.value;
	}
	return success(text);
}

function replaceOnce(
	file: string,
	target: string,
	readings: readonly Replacement[],
): Result<string, HeadroomError> {
	const text = parseFile(target);
	const broken = failure(createError("editSearchBroken", { file }));
	const [only] = readings;
	if (only?.search.every(isBlank))
		return readings.length === 1 && text.lines.every(isBlank)
			? success(replaceLines(text, 0, text.lines.length, trimmed(only.replace)))
			: broken;

	const found = readings.flatMap((reading) => {
		const match = findMatch(text.lines, reading);
		return match ? { reading, match } : [];
	});
	const balanced = found.filter(({ reading }) => !reading.isInside);
	const [first] = balanced;
	const line = only?.search.find((it) => !isBlank(it))?.trim() ?? "";
	if (!first) return failure(createError("editSearchMissing", { file, line }));
	// Where the file fits several readings, nobody can tell which one is meant.
	if (balanced.length > 1 || found.at(-1) !== first) return broken;
	const { places, search, replace } = first.match;
	const [place = 0] = places;
	if (places.length > 1)
		return failure(
			createError("editAmbiguous", {
				file,
				line,
				count: String(places.length),
			}),
		);
	// The line of a heading may have been meant, and what follows it been remembered wrongly.
	const following = text.lines[place + search.length];
	if (readings.length > 1 && following?.trim() === first.reading.divider.trim())
		return broken;
	return success(replaceChanged(text, place, search, replace));
}

/** Keeps the lines at both ends that do not change, with their own line ends. */
function replaceChanged(
	text: FileLines,
	place: number,
	search: readonly string[],
	replace: readonly string[],
): string {
	const shorter = Math.min(search.length, replace.length);
	let before = 0;
	while (before < shorter && search[before] === replace[before]) before++;
	let behind = 0;
	while (
		behind < shorter - before &&
		search.at(-1 - behind) === replace.at(-1 - behind)
	)
		behind++;
	const isAtEnd = text.ends[place + search.length - 1] === "";
	// The last line of a file may have no line end: what is put behind it, or becomes the last line, is replaced together with it.
	if (isAtEnd && behind === 0 && before > 0) before--;
	return replaceLines(
		text,
		place + before,
		place + search.length - behind,
		replace.slice(before, replace.length - behind),
	);
}

/** The lines as they are written, or else without blank lines around them, or else at another indentation. */
function findMatch(
	lines: readonly string[],
	{ search, replace }: Replacement,
): Match | undefined {
	const exact = placesOf(lines, search);
	if (exact.length > 0) return { places: exact, search, replace };
	const code = { search: trimmed(search), replace: trimmed(replace) };
	const inner = placesOf(lines, code.search);
	if (inner.length > 0) return { places: inner, ...code };

	// Both sides have the model's indentation: the SEARCH part shows how it differs from the file's.
	const all = withFileIndentation([...code.search, ...code.replace], lines);
	const from = indentOf(all[0] ?? "");
	// Further left than the first line, nobody can tell where to.
	if (all.some((line) => !isBlank(line) && !line.startsWith(from)))
		return undefined;
	const matches = indentationsOf(lines, code.search).flatMap((to) => {
		const shifted = withIndentation(all, from, to);
		const wanted = shifted.slice(0, code.search.length);
		const places = placesOf(lines, wanted);
		return places.length > 0
			? { places, search: wanted, replace: shifted.slice(wanted.length) }
			: [];
	});
	const [match] = matches;
	return match && { ...match, places: matches.flatMap((it) => it.places) };
}

/** The indentations at which the file has the first line. */
function indentationsOf(
	lines: readonly string[],
	[first = ""]: readonly string[],
): string[] {
	const same = lines.filter((line) => line.trim() === first.trim());
	return [...new Set(same.map(indentOf))];
}

/** The places of these lines, exact but for trailing white space. */
function placesOf(
	lines: readonly string[],
	search: readonly string[],
): number[] {
	const wanted = search.map((line) => line.trimEnd());
	const own = lines.map((line) => line.trimEnd());
	return own.flatMap((_, place) =>
		wanted.every((line, index) => own[place + index] === line) ? place : [],
	);
}

function trimmed(lines: readonly string[]): string[] {
	return codeLines(lines.join("\n"));
}
