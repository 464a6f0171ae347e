/** Splits documents into regions: pieces that are useful to the model on their own. */

import { indentWidth } from "./indentation.ts";

export interface Region {
	/** 0-based. */
	readonly startLine: number;
	/** Exclusive. */
	readonly endLine: number;
	/** With line ends `\n`, and none at the end. */
	readonly text: string;
}

/** About 400 tokens: enough for a function, and several fit into a budget. */
const maxLines = 40;
const maxChars = 1500;
/** A shorter block is merged with the next: a constant, or a comment, with the code it belongs to. */
const minLines = 8;
/** Lines on either side of a place that was edited or visited. */
const linesAround = 10;

/** Only closing brackets and punctuation: the end of a block, not a start. */
const closing = /^\s*[)\]}][)\]};,\s]*$/;

export function linesOf(text: string): string[] {
	return text.split(/\r\n|\r|\n/);
}

/**
 * Splits a document into regions of at most 40 lines and 1500 characters, usually one per top-level block.
 *
 * Invariant: after a block of 8 lines or more there is always a border. So an edit changes no region after the next such block, except
 * for its line numbers.
 */
export function regionsOf(text: string): Region[] {
	const lines = linesOf(text);
	const regions: Region[] = [];
	let start = 0;
	const cutAt = (end: number): void => {
		regions.push(...regionsBetween(lines, start, end));
		start = end;
	};
	const borders = blockStarts(lines);
	for (const [index, blockStart] of borders.entries()) {
		const blockEnd = borders[index + 1] ?? lines.length;
		if (start < blockStart && !fits(lines, start, blockEnd)) cutAt(blockStart);
		if (blockEnd - start >= minLines) cutAt(blockEnd);
	}
	cutAt(lines.length);
	return regions;
}

/** The ten lines on either side of a line, extended by up to ten more to the border of a block; fewer where lines are long. */
export function regionAround(text: string, line: number): Region | undefined {
	const lines = linesOf(text);
	const center = Math.min(Math.max(line, 0), lines.length - 1);
	const borders = [...blockStarts(lines), lines.length];
	const nearStart = Math.max(0, center - linesAround);
	const nearEnd = Math.min(lines.length, center + linesAround + 1);
	let start =
		borders.findLast(
			(border) => border <= nearStart && border > nearStart - linesAround,
		) ?? nearStart;
	let end =
		borders.find(
			(border) => border >= nearEnd && border < nearEnd + linesAround,
		) ?? nearEnd;
	while (end - start > 1 && !fits(lines, start, end))
		if (center - start >= end - 1 - center) start++;
		else end--;
	return region(lines, start, end);
}

/** These lines as a region, without blank lines at either end. Undefined where there is no word in them, or where they are too long. */
export function region(
	lines: readonly string[],
	start: number,
	end: number,
): Region | undefined {
	let startLine = start;
	let endLine = Math.min(end, lines.length);
	while (startLine < endLine && isBlank(lines[startLine])) startLine++;
	while (endLine > startLine && isBlank(lines[endLine - 1])) endLine--;
	const text = lines.slice(startLine, endLine).join("\n");
	return fits(lines, startLine, endLine) && /[\p{L}\p{N}]/u.test(text)
		? { startLine, endLine, text }
		: undefined;
}

/** As many of these lines as fit, from the first on: of a long class, its head. Undefined where there is no word in them. */
export function regionFrom(
	lines: readonly string[],
	start: number,
	end: number,
): Region | undefined {
	let to = Math.min(end, lines.length);
	while (to - start > 1 && !fits(lines, start, to)) to--;
	return region(lines, start, to);
}

/** A block starts with an unindented line after a blank one. */
function blockStarts(lines: readonly string[]): number[] {
	const starts = [0];
	for (let line = 1; line < lines.length; line++) {
		const text = lines[line] ?? "";
		if (isBlank(lines[line - 1]) && /^\S/.test(text) && !closing.test(text))
			starts.push(line);
	}
	return starts;
}

/** The regions of one block, or of several that fit into one region. */
function regionsBetween(
	lines: readonly string[],
	start: number,
	end: number,
): Region[] {
	const regions: Region[] = [];
	for (let from = start; from < end; ) {
		let to = from + 1;
		while (to < end && fits(lines, from, to + 1)) to++;
		if (to < end) to = bestCut(lines, from, to);
		const piece = region(lines, from, to);
		if (piece) regions.push(piece);
		from = to;
	}
	return regions;
}

/** Where to split a block that is too long: before the least indented line in the second half, preferably after a blank one. */
function bestCut(lines: readonly string[], from: number, to: number): number {
	let best = to;
	let bestCost = Number.POSITIVE_INFINITY;
	for (let line = Math.ceil((from + to) / 2); line <= to; line++) {
		const text = lines[line] ?? "";
		if (line <= from || isBlank(text) || closing.test(text)) continue;
		const cost = indentWidth(text) * 2 + (isBlank(lines[line - 1]) ? 0 : 1);
		if (cost > bestCost) continue;
		best = line;
		bestCost = cost;
	}
	return best;
}

function fits(lines: readonly string[], start: number, end: number): boolean {
	if (end - start > maxLines) return false;
	let chars = 0;
	for (let line = start; line < end; line++)
		chars += (lines[line] ?? "").length + 1;
	return chars <= maxChars;
}

function isBlank(line: string | undefined): boolean {
	return line === undefined || line.trim() === "";
}
