/** Edits in SEARCH/REPLACE format. */

import { failure, type Result, success } from "../../base/result.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";
import { indentOf } from "../../workspace/indentation.ts";
import {
	isBlank,
	withFileIndentation,
	withIndentation,
} from "./blockIndentation.ts";
import { codeLines, parseFile, replaceLines } from "./fileLines.ts";

interface Replacement {
	readonly search: readonly string[];
	readonly replace: readonly string[];
}

const searchMark = /^\s*<{5,9} ?SEARCH\s*$/;
const divider = /^\s*={5,9}\s*$/;
const replaceMark = /^\s*>{5,9} ?REPLACE\s*$/;

export function isSearchReplace(block: readonly string[]): boolean {
	return block.some((line) => searchMark.test(line));
}

/** Applies all replacements in order, or none. @param file its name in errors. */
export function searchAndReplace(
	file: string,
	target: string,
	block: readonly string[],
): Result<string, HeadroomError> {
	const replacements = parse(block);
	if (!replacements) return failure(createError("editSearchBroken", { file }));
	let text = target;
	for (const replacement of replacements) {
		const next = replaceOnce(file, text, replacement);
		if (!next.ok) return next;
		text = next.value;
	}
	return success(text);
}

/** Undefined if a marker is missing. Text outside of the markers is ignored. */
function parse(block: readonly string[]): Replacement[] | undefined {
	const replacements: Replacement[] = [];
	let at = block.findIndex((line) => searchMark.test(line));
	while (at >= 0) {
		const from = at;
		const middle = indexFrom(block, divider, from);
		const end = indexFrom(block, replaceMark, middle);
		if (middle < 0 || end < 0) return undefined;
		replacements.push({
			search: codeLines(block.slice(from + 1, middle).join("\n")),
			replace: codeLines(block.slice(middle + 1, end).join("\n")),
		});
		at = indexFrom(block, searchMark, end);
	}
	return replacements;
}

function indexFrom(
	lines: readonly string[],
	pattern: RegExp,
	from: number,
): number {
	return from < 0
		? -1
		: lines.findIndex((line, index) => index > from && pattern.test(line));
}

function replaceOnce(
	file: string,
	target: string,
	{ search, replace }: Replacement,
): Result<string, HeadroomError> {
	const text = parseFile(target);
	const [first = ""] = search;
	if (search.length === 0)
		return text.lines.every(isBlank)
			? success(replaceLines(text, 0, text.lines.length, replace))
			: failure(createError("editSearchBroken", { file }));

	const places = placesOf(text.lines, search);
	const [place] = places;
	if (place === undefined)
		return failure(
			createError("editSearchMissing", { file, line: first.trim() }),
		);
	if (places.length > 1)
		return failure(
			createError("editAmbiguous", {
				file,
				line: first.trim(),
				count: String(places.length),
			}),
		);
	// Both sides have the model's indentation: the SEARCH part shows how it differs from the file's.
	const code = withFileIndentation([...search, ...replace], text.lines);
	return success(
		replaceLines(
			text,
			place,
			place + search.length,
			withIndentation(
				code.slice(search.length),
				indentOf(code[0] ?? ""),
				indentOf(text.lines[place] ?? ""),
			),
		),
	);
}

/** The places of these lines: exact but for trailing white space, or else ignoring indentation too. */
function placesOf(
	lines: readonly string[],
	search: readonly string[],
): number[] {
	const equal = (first: string, second: string) =>
		first.trimEnd() === second.trimEnd();
	const equalTrimmed = (first: string, second: string) =>
		first.trim() === second.trim();
	for (const matches of [equal, equalTrimmed]) {
		const places = lines.flatMap((_, place) =>
			search.every((line, index) => {
				const found = lines[place + index];
				return found !== undefined && matches(line, found);
			})
				? place
				: [],
		);
		if (places.length > 0) return places;
	}
	return [];
}
