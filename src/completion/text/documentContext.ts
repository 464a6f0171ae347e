/** From a document and an offset to the text that a prompt is made of. */

import type { Indentation } from "../../workspace/indentation.ts";

export interface DocumentSnapshot {
	readonly uri: string;
	/** Relative to the workspace, with forward slashes. */
	readonly path: string;
	/** As VS Code names it: `typescript`, `python`. */
	readonly languageId: string;
	/** What the Tab key types there. */
	readonly indentation: Indentation;
	readonly version: number;
	readonly text: string;
	/** Of the cursor, in UTF-16 units. */
	readonly offset: number;
}

export interface DocumentContext {
	/** See `FimRequest.prefixBlocks`. Line ends are `\n`. */
	readonly prefixBlocks: readonly string[];
	/** Line ends are `\n`. */
	readonly suffix: string;
	/** See `FimRequest.line`: all of `lineBefore`, but for the beginning of a very long one. */
	readonly line: string;
	/** The current line up to the cursor. */
	readonly lineBefore: string;
	/** The current line behind the cursor. */
	readonly lineAfter: string;
}

/** More than any prompt has room for: what matters is only that it is bounded. */
const maxPrefixChars = 16 * 1024;
const maxSuffixChars = 4 * 1024;

/** Some 150 tokens of code: so much is re-evaluated when the start of a full prompt moves on. */
const blockChars = 512;

export function documentContext({
	text,
	offset,
}: DocumentSnapshot): DocumentContext {
	const line = lineBefore(text, offset);
	return {
		prefixBlocks: blocksBefore(text, offset - line.length).map(
			withUnixLineEnds,
		),
		line: line.slice(wholeCharacters(line, startOfLongLine(line.length))),
		suffix: withUnixLineEnds(
			text.slice(offset, wholeCharacters(text, offset + maxSuffixChars)),
		),
		lineBefore: line,
		lineAfter: /^[^\r\n]*/.exec(text.slice(offset))?.[0] ?? "",
	};
}

export function lineBefore(text: string, offset: number): string {
	const before = text.slice(0, offset);
	return before.slice(
		Math.max(before.lastIndexOf("\n"), before.lastIndexOf("\r")) + 1,
	);
}

/** A line too long for any prompt begins later, in steps. */
function startOfLongLine(length: number): number {
	const excess = Math.max(0, length - maxPrefixChars);
	return Math.ceil(excess / blockChars) * blockChars;
}

/**
 * The text up to the start of the current line.
 *
 * Invariant: a border depends on its place in the document and the lines around it, never on the offset. So it stays
 * where it is while someone types behind it.
 */
function blocksBefore(text: string, offset: number): string[] {
	if (offset === 0) return [];
	const firstBlock = Math.max(
		0,
		Math.ceil((offset - maxPrefixChars) / blockChars),
	);
	const borders = new Set<number>();
	for (let block = firstBlock; block * blockChars < offset; block++)
		borders.add(blockBorder(text, block * blockChars));
	const starts = [...borders].filter((border) => border < offset);
	// A border may lie behind the cursor where lines are long: then the text before it is one block.
	if (starts.length === 0)
		starts.push(wholeCharacters(text, firstBlock * blockChars));
	return starts.map((start, index) =>
		text.slice(start, Math.min(starts[index + 1] ?? offset, offset)),
	);
}

/**
 * The next start of a line that is not blank, so that no border parts what a tokenizer would take together: runs of
 * white space, or a carriage return and its line feed.
 */
function blockBorder(text: string, from: number): number {
	if (from === 0) return 0;
	const startOfLine = /\n(?=[^\s]|[ \t]+[^\s])/g;
	startOfLine.lastIndex = from - 1;
	const match = startOfLine.exec(text.slice(0, from + maxPrefixChars));
	return match ? match.index + 1 : text.length;
}

/** An offset that does not part a surrogate pair. */
function wholeCharacters(text: string, offset: number): number {
	const code = text.charCodeAt(offset);
	return code >= 0xdc00 && code <= 0xdfff ? offset + 1 : offset;
}

export function withUnixLineEnds(text: string): string {
	return text.replace(/\r\n?/g, "\n");
}
