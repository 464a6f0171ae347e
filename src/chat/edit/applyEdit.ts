/**
 * Puts a block of an answer into the file that it is about. What is not certain is an error with a reason, because a wrong place costs
 * more than doing it by hand.
 */

import { failure, type Result, success } from "../../base/result.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";
import { findSelection, replaceSelection } from "./attachedSelection.ts";
import {
	indentOf,
	reindented,
	withFileIndentation,
} from "./blockIndentation.ts";
import { headOf, lastHead } from "./constructs.ts";
import { elidedLine } from "./elision.ts";
import {
	codeLines,
	type FileLines,
	parseFile,
	replaceLines,
} from "./fileLines.ts";
import { placeSnippet } from "./placeSnippet.ts";
import { isSearchReplace, searchAndReplace } from "./searchReplace.ts";

export interface EditRequest {
	/** What the sentence of an error calls the file. */
	readonly file: string;
	/** The text of the file as it is now. */
	readonly target: string;
	/** The code of the block. */
	readonly block: string;
	/** The text that was selected and attached to the question; null where none was. */
	readonly selection: string | null;
}

export type EditHow = "wholeFile" | "snippet" | "searchReplace" | "selection";

export interface Edit {
	readonly newText: string;
	readonly how: EditHow;
}

const noSelection = { kind: "none" } as const;

/** A block with at least this share of the lines of a file is taken for the whole of it, where it matches no part. */
const wholeFileShare = 0.7;

export function applyEdit(request: EditRequest): Result<Edit, HeadroomError> {
	const { file, target } = request;
	const block = codeLines(request.block);
	if (block.length === 0) return failure(createError("editEmpty", { file }));
	const edit = isSearchReplace(block)
		? asEdit("searchReplace", searchAndReplace(file, target, block))
		: placeBlock(request, block);
	return edit.ok && edit.value.newText === target
		? failure(createError("editUnchanged", { file }))
		: edit;
}

function placeBlock(
	{ file, target, selection }: EditRequest,
	block: readonly string[],
): Result<Edit, HeadroomError> {
	const text = parseFile(target);
	const { lines } = text;
	const elision = elidedLine(block, lines);
	if (elision !== undefined)
		return failure(createError("editElided", { file, line: elision }));
	const code = withFileIndentation(block, lines);
	if (isWholeFile(lines, code)) return success(wholeFile(text, code));

	const selected =
		selection === null ? noSelection : findSelection(text, selection);
	const within = selected.kind === "found" ? selected.range : null;
	const placed = placeSnippet(lines, code, within);
	if (placed.kind === "found") {
		const { range, codeLine, fileLine } = placed;
		const from = indentOf(code[codeLine] ?? "");
		const to = indentOf(lines[fileLine] ?? "");
		const { start, end } = range;
		return success({
			newText: replaceLines(text, start, end, reindented(code, from, to)),
			how: "snippet",
		});
	}
	if (selected.kind === "found")
		return success({
			newText: replaceSelection(text, selected, code),
			how: "selection",
		});
	const unclear = placed.kind === "ambiguous" ? placed : selected;
	if (unclear.kind === "ambiguous")
		return failure(
			createError("editAmbiguous", {
				file,
				line: unclear.line,
				count: String(unclear.count),
			}),
		);
	return shareOf(lines, code) >= wholeFileShare
		? success(wholeFile(text, code))
		: failure(createError("editUnplaced", { file }));
}

//#region The whole file
/** It is empty, or begins and ends as the block does; but a single function is the whole file only where that is one as well. */
function isWholeFile(
	lines: readonly string[],
	code: readonly string[],
): boolean {
	const file = codeLines(lines.join("\n"));
	if (file.length === 0) return true;
	const isPart = headOf(code) !== undefined && headOf(file) === undefined;
	return (
		!isPart &&
		code.length > 1 &&
		file[0] === code[0] &&
		lastHead(file) === lastHead(code) &&
		shareOf(lines, code) >= wholeFileShare / 2
	);
}

function wholeFile(text: FileLines, code: readonly string[]): Edit {
	return {
		newText: replaceLines(text, 0, text.lines.length, code),
		how: "wholeFile",
	};
}

/** How many of the lines of the file are in the code as well. */
function shareOf(lines: readonly string[], code: readonly string[]): number {
	const left = new Map<string, number>();
	for (const line of code)
		left.set(line.trim(), (left.get(line.trim()) ?? 0) + 1);
	const telling = lines.map((line) => line.trim()).filter((it) => it !== "");
	let shared = 0;
	for (const line of telling) {
		const count = left.get(line) ?? 0;
		if (count === 0) continue;
		shared++;
		left.set(line, count - 1);
	}
	return telling.length === 0 ? 0 : shared / telling.length;
}
//#endregion

function asEdit(
	how: EditHow,
	newText: Result<string, HeadroomError>,
): Result<Edit, HeadroomError> {
	return newText.ok ? success({ newText: newText.value, how }) : newText;
}
