/** Finds the lines of a file that a snippet replaces. */

import { indentOf } from "../../workspace/indentation.ts";
import { isBlank } from "./blockIndentation.ts";
import {
	constructAt,
	declaredName,
	endsLike,
	headOf,
	type LineRange,
	withAnnotations,
} from "./constructs.ts";

export type SnippetPlace =
	| {
			readonly kind: "found";
			readonly range: LineRange;
			/** This line of the snippet takes the indentation of `fileLine`. */
			readonly codeLine: number;
			readonly fileLine: number;
	  }
	| {
			readonly kind: "ambiguous";
			readonly line: string;
			readonly count: number;
	  }
	| { readonly kind: "none" };

/** Line comparisons: more take longer than a user waits after a click. */
const maxComparisons = 2e7;

/**
 * @param code without blank lines at either end.
 * @param within the selection, which the lines must overlap; null for the whole file.
 */
export function placeSnippet(
	lines: readonly string[],
	code: readonly string[],
	within: LineRange | null,
): SnippetPlace {
	const head = headOf(code);
	const construct =
		head === undefined ? none : placeConstruct(lines, code, head, within);
	return construct.kind === "none"
		? placeBetweenAnchors(lines, code, within)
		: construct;
}

const none: SnippetPlace = { kind: "none" };

/** Replaces the construct with the same first line, or else with the same name. */
function placeConstruct(
	lines: readonly string[],
	code: readonly string[],
	head: number,
	within: LineRange | null,
): SnippetPlace {
	const headLine = code[head] ?? "";
	const name = declaredName(headLine);
	const ranges = (matches: (line: string) => boolean) =>
		indicesOf(lines, matches)
			.map((start) => constructAt(lines, start))
			.filter((range) => overlaps(range, within))
			.filter(({ end }) => endsLike(lines[end - 1] ?? "", code.at(-1) ?? ""));
	const same = ranges((line) => line.trim() === headLine.trim());
	const found =
		same.length > 0 || name === undefined
			? same
			: ranges((line) => declaredName(line) === name);
	const [range] = found;
	if (!range) return none;
	if (found.length > 1) return ambiguous(headLine, found.length);
	return {
		kind: "found",
		range: head > 0 ? withAnnotations(lines, range) : range,
		codeLine: head,
		fileLine: range.start,
	};
}

/** Replaces the lines between the first and the last line of the snippet. */
function placeBetweenAnchors(
	lines: readonly string[],
	code: readonly string[],
	within: LineRange | null,
): SnippetPlace {
	const first = code[0] ?? "";
	const last = code.at(-1) ?? "";
	if (code.length < 2) return none;
	const starts = indicesOf(lines, (line) => line.trim() === first.trim());
	if (code.length * lines.length * starts.length > maxComparisons)
		return starts.length > 1 ? ambiguous(first, starts.length) : none;
	const found = starts
		.map((start) => ({ start, end: bestEnd(lines, code, start, last) }))
		.filter((range) => range.end > range.start && overlaps(range, within));
	const [range] = found;
	if (!range) return none;
	if (found.length > 1) return ambiguous(first, found.length);
	return { kind: "found", range, codeLine: 0, fileLine: range.start };
}

/**
 * The end of the range: behind a line that equals the last line of the snippet, at its indentation, and up to which the longest common
 * subsequence of lines is longest; the first of equals. Does not leave the enclosing block. 0 if there is none.
 */
function bestEnd(
	lines: readonly string[],
	code: readonly string[],
	start: number,
	last: string,
): number {
	const startDepth = indentOf(lines[start] ?? "").length;
	const depth =
		startDepth + indentOf(last).length - indentOf(code[0] ?? "").length;
	const trimmed = code.map((line) => line.trim());
	/** A row of the LCS table: the length for each prefix of the snippet. */
	let common: readonly number[] = new Array(code.length + 1).fill(0);
	let best = 0;
	let longest = 0;
	for (let index = start; index < lines.length; index++) {
		const line = (lines[index] ?? "").trim();
		if (line === "") continue;
		const own = indentOf(lines[index] ?? "").length;
		if (own < Math.min(startDepth, depth)) break;
		const next = [0];
		for (const [at, text] of trimmed.entries())
			next.push(
				text === line
					? (common[at] ?? 0) + 1
					: Math.max(common[at + 1] ?? 0, next[at] ?? 0),
			);
		common = next;
		const shared = common.at(-1) ?? 0;
		if (
			index > start &&
			own === depth &&
			line === last.trim() &&
			shared > longest
		) {
			longest = shared;
			best = index + 1;
		}
	}
	return best;
}

function indicesOf(
	lines: readonly string[],
	matches: (line: string) => boolean,
): number[] {
	return lines.flatMap((line, index) =>
		!isBlank(line) && matches(line) ? index : [],
	);
}

function overlaps(range: LineRange, within: LineRange | null): boolean {
	return !within || (range.start < within.end && within.start < range.end);
}

function ambiguous(line: string, count: number): SnippetPlace {
	return { kind: "ambiguous", line: line.trim(), count };
}
