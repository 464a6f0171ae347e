/** Parses fenced code blocks, like CommonMark except that a block may hold others. */

import type { StateBlock } from "markdown-it";
import { FenceReader, fenceIn } from "../../base/text/fences.ts";

/** Further in, a line is an indented code block. */
const indentedCode = 4;

/** A rule of markdown-it. */
export function fenceRule(
	state: StateBlock,
	startLine: number,
	endLine: number,
	silent: boolean,
): boolean {
	if (indentOf(state, startLine) >= indentedCode) return false;
	const opening = fenceIn(lineOf(state, startLine));
	if (!opening) return false;
	if (silent) return true;
	const reader = new FenceReader(opening);
	let line = startLine + 1;
	let isClosed = false;
	// A line that is indented less than the list or quote around the block ends both.
	while (line < endLine && !isClosed && isInside(state, line)) {
		const next =
			line + 1 < endLine && isInside(state, line + 1)
				? lineOf(state, line + 1)
				: undefined;
		isClosed = reader.closes(lineOf(state, line), next);
		line++;
	}
	const end = isClosed ? line - 1 : line;
	state.line = line;
	const token = state.push("fence", "code", 0);
	token.info = opening.info;
	token.markup = opening.marker;
	token.map = [startLine, state.line];
	token.content = state.getLines(
		startLine + 1,
		end,
		state.sCount[startLine] ?? 0,
		true,
	);
	return true;
}

/** Relative to the list or quote around it. */
function indentOf({ sCount, blkIndent }: StateBlock, line: number): number {
	return (sCount[line] ?? 0) - blkIndent;
}

function isInside(state: StateBlock, line: number): boolean {
	return isBlank(state, line) || indentOf(state, line) >= 0;
}

function isBlank({ bMarks, tShift, eMarks }: StateBlock, line: number) {
	return (bMarks[line] ?? 0) + (tShift[line] ?? 0) >= (eMarks[line] ?? 0);
}

/** With its indentation in spaces. */
function lineOf(state: StateBlock, line: number): string {
	const { src, bMarks, tShift, eMarks } = state;
	const start = (bMarks[line] ?? 0) + (tShift[line] ?? 0);
	const indent = " ".repeat(Math.max(0, indentOf(state, line)));
	return indent + src.slice(start, eMarks[line]);
}
