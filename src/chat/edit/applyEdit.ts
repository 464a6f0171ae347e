/**
 * Applies a code block of an answer to a file. An uncertain place is an error with a reason, because a wrong edit costs more than
 * editing by hand.
 */

import { failure, type Result, success } from "../../base/result.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";
import { indentOf } from "../../workspace/indentation.ts";
import { findSelection, replaceSelection } from "./attachedSelection.ts";
import { withFileIndentation, withIndentation } from "./blockIndentation.ts";
import { headOf, lastHead } from "./constructs.ts";
import { elidedLine } from "./elision.ts";
import {
	codeLines,
	type FileLines,
	parseFile,
	replaceLines,
} from "./fileLines.ts";
import { placeSnippet } from "./placeSnippet.ts";
import { searchAndReplace } from "./searchReplace.ts";
import { isSearchReplace } from "./searchReplaceBlocks.ts";

export interface EditRequest {
	/** The file's name in errors. */
	readonly file: string;
	/** The present text of the file. */
	readonly target: string;
	/** The code block. */
	readonly block: string;
	/** The selected text that was attached to the question; null for none. */
	readonly selection: string | null;
}

export type EditHow = "wholeFile" | "snippet" | "searchReplace" | "selection";

export interface Edit {
	readonly newText: string;
	readonly how: EditHow;
}

const noSelection = { kind: "none" } as const;

/** A block that matches no part of a file replaces all of it if it has at least this share of its lines. */
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
			newText: replaceLines(text, start, end, withIndentation(code, from, to)),
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
/** The file is empty, or begins and ends like the block. A single construct is a whole file only if the file is one too. */
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

/** The share of the file's lines that the code has as well, 0 to 1. */
function shareOf(lines: readonly string[], code: readonly string[]): number {
	const unmatched = new Map<string, number>();
	for (const line of code)
		unmatched.set(line.trim(), (unmatched.get(line.trim()) ?? 0) + 1);
	const nonBlank = lines.map((line) => line.trim()).filter((it) => it !== "");
	let shared = 0;
	for (const line of nonBlank) {
		const count = unmatched.get(line) ?? 0;
		if (count === 0) continue;
		shared++;
		unmatched.set(line, count - 1);
	}
	return nonBlank.length === 0 ? 0 : shared / nonBlank.length;
}
//#endregion

function asEdit(
	how: EditHow,
	newText: Result<string, HeadroomError>,
): Result<Edit, HeadroomError> {
	return newText.ok ? success({ newText: newText.value, how }) : newText;
}
