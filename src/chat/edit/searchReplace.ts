/** Edits that a model writes as what to search for and what to put in its place. */

import { failure, type Result, success } from "../../base/result.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";
import {
	indentOf,
	isBlank,
	reindented,
	withFileIndentation,
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

/** All of them in their order, or none. `file` is the name for a sentence. */
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

/** Undefined where a mark is missing. What stands outside of the marks is passed over. */
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
	// The levels of both sides are those of the model: what is searched for shows how the file has them.
	const code = withFileIndentation([...search, ...replace], text.lines);
	return success(
		replaceLines(
			text,
			place,
			place + search.length,
			reindented(
				code.slice(search.length),
				indentOf(code[0] ?? ""),
				indentOf(text.lines[place] ?? ""),
			),
		),
	);
}

/** Where these lines are: as they are, or else, where that is nowhere, with other white space at their ends. */
function placesOf(
	lines: readonly string[],
	search: readonly string[],
): number[] {
	const same = (first: string, second: string) =>
		first.trimEnd() === second.trimEnd();
	const alike = (first: string, second: string) =>
		first.trim() === second.trim();
	for (const matches of [same, alike]) {
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
