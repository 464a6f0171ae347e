/** Finds the lines of a file that a piece of code is a new version of. */

import { indentOf, isBlank } from "./blockIndentation.ts";
import {
	constructAt,
	declaredName,
	endsLike,
	headOf,
	type LineRange,
	withAnnotations,
} from "./constructs.ts";

export type Placement =
	| {
			readonly kind: "found";
			readonly range: LineRange;
			/** Where the indentation of this line of the code must come to. */
			readonly codeLine: number;
			readonly fileLine: number;
	  }
	| {
			readonly kind: "ambiguous";
			readonly line: string;
			readonly count: number;
	  }
	| { readonly kind: "none" };

/** Of a line of the code with a line of the file: comparing more takes longer than someone waits for a click. */
const maxComparisons = 2e7;

/**
 * @param code without blank lines at either end.
 * @param within what was selected: then nothing that has no line of it; null for the whole file.
 */
export function placeSnippet(
	lines: readonly string[],
	code: readonly string[],
	within: LineRange | null,
): Placement {
	const head = headOf(code);
	const construct =
		head === undefined ? none : placeConstruct(lines, code, head, within);
	return construct.kind === "none"
		? placeBetweenAnchors(lines, code, within)
		: construct;
}

const none: Placement = { kind: "none" };

/** A function in place of the one with the same first line, or else with the same name. */
function placeConstruct(
	lines: readonly string[],
	code: readonly string[],
	head: number,
	within: LineRange | null,
): Placement {
	const headLine = code[head] ?? "";
	const name = declaredName(headLine);
	const ranges = (matches: (line: string) => boolean) =>
		indicesOf(lines, matches)
			.map((start) => constructAt(lines, start))
			.filter((range) => touches(range, within))
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

/** Several statements in place of what begins and ends with the same lines. */
function placeBetweenAnchors(
	lines: readonly string[],
	code: readonly string[],
	within: LineRange | null,
): Placement {
	const first = code[0] ?? "";
	const last = code.at(-1) ?? "";
	if (code.length < 2) return none;
	const starts = indicesOf(lines, (line) => line.trim() === first.trim());
	if (code.length * lines.length * starts.length > maxComparisons)
		return starts.length > 1 ? ambiguous(first, starts.length) : none;
	const found = starts
		.map((start) => ({ start, end: bestEnd(lines, code, start, last) }))
		.filter((range) => range.end > range.start && touches(range, within));
	const [range] = found;
	if (!range) return none;
	if (found.length > 1) return ambiguous(first, found.length);
	return { kind: "found", range, codeLine: 0, fileLine: range.start };
}

/**
 * Of the lines that are like the last one of the code and stand as far in, the one up to which most lines are in common; of
 * equals, the first. No further than the block goes on. 0 where there is none.
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
	/** The most lines in common with each beginning of the code. */
	let common: readonly number[] = new Array(code.length + 1).fill(0);
	let best = 0;
	let most = 0;
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
			shared > most
		) {
			most = shared;
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

function touches(range: LineRange, within: LineRange | null): boolean {
	return !within || (range.start < within.end && within.start < range.end);
}

function ambiguous(line: string, count: number): Placement {
	return { kind: "ambiguous", line: line.trim(), count };
}
