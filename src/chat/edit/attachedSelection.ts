/** Finds the text that was selected when the question was asked in the present file. */

import { indentOf } from "../../workspace/indentation.ts";
import { withIndentation } from "./blockIndentation.ts";
import type { LineRange } from "./constructs.ts";
import { codeLines, type FileLines, replaceLines } from "./fileLines.ts";

export type FoundSelection =
	| {
			readonly kind: "found";
			readonly range: LineRange;
			/** The rest of its first and last line. */
			readonly before: string;
			readonly after: string;
	  }
	| {
			readonly kind: "ambiguous";
			readonly line: string;
			readonly count: number;
	  }
	| { readonly kind: "none" };

export function findSelection(
	{ lines }: FileLines,
	selection: string,
): FoundSelection {
	const wanted = codeLines(selection);
	const [line = ""] = wanted;
	if (wanted.length === 0) return { kind: "none" };
	const text = lines.join("\n");
	const sought = wanted.join("\n").trim();
	const places: number[] = [];
	for (
		let at = text.indexOf(sought);
		at >= 0;
		at = text.indexOf(sought, at + sought.length)
	)
		places.push(at);
	const [place] = places;
	if (place === undefined) return { kind: "none" };
	if (places.length > 1)
		return { kind: "ambiguous", line: line.trim(), count: places.length };
	const start = text.slice(0, place).split("\n").length - 1;
	const end = start + wanted.length;
	const lineStart = text.lastIndexOf("\n", place - 1) + 1;
	const behind = text.slice(place + sought.length);
	return {
		kind: "found",
		range: { start, end },
		before: place === 0 ? "" : text.slice(lineStart, place),
		after: /^[^\n]*/.exec(behind)?.[0] ?? "",
	};
}

/** Replaces the selection by code at the same indentation. */
export function replaceSelection(
	text: FileLines,
	{ range: { start, end }, before, after }: FoundSelection & { kind: "found" },
	code: readonly string[],
): string {
	const shifted = withIndentation(
		code,
		indentOf(code[0] ?? ""),
		indentOf(text.lines[start] ?? ""),
	);
	const first = before + (shifted[0] ?? "").trimStart();
	const inPlace = [first, ...shifted.slice(1)];
	const last = inPlace.pop() ?? "";
	return replaceLines(text, start, end, [...inPlace, last + after]);
}
