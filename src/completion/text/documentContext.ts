/** Splits a document at the cursor into the parts of a prompt. */

import type { Indentation } from "../../workspace/indentation.ts";

export interface DocumentSnapshot {
	readonly uri: string;
	/** Relative to the workspace, with forward slashes. */
	readonly path: string;
	/** A language id of VS Code: `typescript`, `python`. */
	readonly languageId: string;
	/** The editor's setting for the document. */
	readonly indentation: Indentation;
	readonly version: number;
	readonly text: string;
	/** Of the cursor in the text, in UTF-16 units. */
	readonly offset: number;
	/** Where the text begins in the document, of which it is only a part: see `windowAround`. */
	readonly start?: number;
}

export interface DocumentContext {
	/** The text up to the start of the line, see `FimRequest.prefixBlocks`. Line ends are `\n`. */
	readonly prefixBlocks: readonly string[];
	/** Line ends are `\n`. */
	readonly suffix: string;
	/** `lineBefore`, without the beginning of a very long one. */
	readonly line: string;
	/** The current line up to the cursor; of a very long one, the end. */
	readonly lineBefore: string;
	/** The current line after the cursor; of a very long one, the beginning. */
	readonly lineAfter: string;
}

/** More than fits into any prompt; only bounds the work. */
export const maxPrefixChars = 16 * 1024;
const maxSuffixChars = 4 * 1024;

/** No line that someone writes is longer; some documents are a single line of a million characters. */
const maxLineChars = 16 * 1024;

/** About 150 tokens of code: that much is evaluated again when a full prompt drops its first block. */
const blockChars = 512;

export function documentContext({
	text,
	offset,
}: DocumentSnapshot): DocumentContext {
	const start = lineStart(text, offset);
	return {
		prefixBlocks: blocksBefore(text, start),
		line: endOfLongLine(text.slice(start, offset)),
		suffix: suffixAfter(text, offset),
		lineBefore: lineBefore(text, offset),
		lineAfter: lineAfter(text, offset),
	};
}

/** Further back, no start of a line is looked for. */
const maxSearchedChars = 1024 * 1024;

/**
 * Looks at the line only: texts are long, and this is done several times at every key. Of a line longer than a million characters it is some
 * place that stays the same while the user types.
 */
export function lineStart(text: string, offset: number): number {
	const blocks = Math.ceil(offset / maxSearchedChars) - 2;
	const from = characterBoundary(text, Math.max(0, blocks * maxSearchedChars));
	const before = text.slice(from, offset);
	const line = before.slice(before.lastIndexOf("\n") + 1);
	return offset - line.length + line.lastIndexOf("\r") + 1;
}

/** The line up to the offset; of a very long one, the end. */
export function lineBefore(text: string, offset: number): string {
	const start = lineStart(text, offset);
	return text.slice(
		offset - start > maxLineChars
			? characterBoundary(text, offset - maxLineChars)
			: start,
		offset,
	);
}

/** The line from the offset on; of a very long one, the beginning. */
export function lineAfter(text: string, offset: number): string {
	const near = text.slice(
		offset,
		characterBoundary(text, offset + maxLineChars),
	);
	return /^[^\r\n]*/.exec(near)?.[0] ?? "";
}

/** Drops the beginning of a text that is too long for any prompt, in whole blocks so that the start stays the same while the user types. */
export function endOfLongLine(line: string): string {
	const excess = Math.max(0, line.length - maxPrefixChars);
	const start = Math.ceil(excess / blockChars) * blockChars;
	return line.slice(characterBoundary(line, start));
}

/** Whether a prompt has no room for all that follows an offset. */
export function isSuffixCut(text: string, offset: number): boolean {
	return characterBoundary(text, offset + maxSuffixChars) < text.length;
}

/** What follows an offset, as far as it can be in a prompt. Line ends are `\n`. */
export function suffixAfter(text: string, offset: number): string {
	return withUnixLineEnds(
		text.slice(offset, characterBoundary(text, offset + maxSuffixChars)),
	);
}

/**
 * The text up to the start of a line, with line ends `\n`.
 *
 * Invariant: a border depends on its position in the document and the lines around it, never on the offset. So it stays
 * the same while the user types after it.
 */
export function blocksBefore(text: string, offset: number): string[] {
	if (offset === 0) return [];
	const firstBlock = Math.max(
		0,
		Math.ceil((offset - maxPrefixChars) / blockChars),
	);
	const borders = new Set<number>();
	for (let block = firstBlock; block * blockChars < offset; block++)
		borders.add(blockBorder(text, block * blockChars));
	const starts = [...borders].filter((border) => border < offset);
	// Where lines are long, every border may be after the cursor: then the text is one block.
	if (starts.length === 0)
		starts.push(characterBoundary(text, firstBlock * blockChars));
	return starts.map((start, index) =>
		withUnixLineEnds(
			text.slice(start, Math.min(starts[index + 1] ?? offset, offset)),
		),
	);
}

/**
 * The next start of a line that is not blank, so that no border splits what a tokenizer may merge: runs of white space, or a carriage
 * return and its line feed.
 */
function blockBorder(text: string, from: number): number {
	if (from === 0) return 0;
	const startOfLine = /\n(?=[^\s]|[ \t]+[^\s])/g;
	startOfLine.lastIndex = from - 1;
	const match = startOfLine.exec(text.slice(0, from + maxPrefixChars));
	return match ? match.index + 1 : text.length;
}

/** The offset, or the next one if it is inside a surrogate pair. */
function characterBoundary(text: string, offset: number): number {
	const code = text.charCodeAt(offset);
	return code >= 0xdc00 && code <= 0xdfff ? offset + 1 : offset;
}

export function withUnixLineEnds(text: string): string {
	return text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
}
