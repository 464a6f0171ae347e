/** Filters that end a block. They take whole lines, as `byLine` splits them. */

import { indentWidth } from "../../workspace/indentation.ts";
import { closesBody, isClosingLine } from "../text/languageSyntax.ts";
import { type FilterPlace, nextLine } from "./filterPlace.ts";
import { lineOf, type TextStream } from "./textStream.ts";

/** Ends before a blank line, unless only blank lines precede it, or it is inside a statement: what follows is another block. */
export async function* untilBlankLine(
	lines: TextStream,
	{ syntax }: Pick<FilterPlace, "syntax"> = {},
): AsyncGenerator<string> {
	let text = "";
	for await (const piece of lines) {
		const isBlank = piece.trim() === "";
		if (isBlank && text.trim() !== "" && syntax?.isWhole(text) !== false)
			return;
		text += piece;
		yield piece;
	}
}

/**
 * Ends before a line outside of the body, or with the bracket that closes it, which is left out if it is already below. Where that line
 * opens the next body of the same statement, as `} else {` does, it goes on.
 */
export async function* untilBlockEnd(
	lines: TextStream,
	{
		languageId,
		lineBefore,
		linesBelow,
		syntax,
	}: Pick<FilterPlace, "languageId" | "lineBefore" | "linesBelow" | "syntax">,
): AsyncGenerator<string> {
	const ownWidth = indentWidth(lineBefore);
	const below = nextLine({ linesBelow });
	const isClosedBelow =
		isClosingLine(below, languageId) && indentWidth(below) === ownWidth;
	const minWidth = lineBefore.trim() === "" ? ownWidth : ownWidth + 1;
	let text = "";
	for await (const piece of lines) {
		const line = lineOf(piece);
		if (piece.startsWith("\n") && line.trim() !== "") {
			const lineWidth = indentWidth(line);
			if (lineWidth === ownWidth && closesBody(line, languageId)) {
				const isLast =
					!line.trim().startsWith("}") ||
					isClosingLine(line, languageId) ||
					syntax?.isWhole(text + piece) !== false;
				if (!isClosedBelow || !isClosingLine(line, languageId)) yield piece;
				if (isLast) return;
				text += piece;
				continue;
			}
			if (lineWidth < minWidth && !syntax?.holds(text, piece)) return;
		}
		text += piece;
		yield piece;
	}
}

/** Ends after this many lines that are not blank. */
export async function* untilLines(
	lines: TextStream,
	maxLines: number,
): AsyncGenerator<string> {
	let count = 0;
	for await (const piece of lines) {
		if (piece.trim() !== "" && ++count > maxLines) return;
		yield piece;
	}
}

const keyedLanguages = new Set(["json", "jsonc", "yaml", "dockercompose"]);

/** Ends before a line with the same key as the line before it. */
export async function* untilDuplicateKey(
	lines: TextStream,
	{
		languageId,
		lineBefore,
		linesAbove,
	}: Pick<FilterPlace, "languageId" | "lineBefore" | "linesAbove">,
): AsyncGenerator<string> {
	if (!keyedLanguages.has(languageId)) {
		yield* lines;
		return;
	}
	let last = keyOf(linesAbove.at(-1) ?? "");
	let isFirst = true;
	for await (const piece of lines) {
		const key = keyOf(
			(isFirst && !piece.startsWith("\n") ? lineBefore : "") + lineOf(piece),
		);
		if (key !== undefined && key === last) return;
		last = key;
		isFirst = false;
		yield piece;
	}
}

/** The key with its indentation: at another level it is another key. */
function keyOf(line: string): string | undefined {
	return /^\s*(?:"[^"]+"|[\p{L}\p{M}\p{N}_.-]+)(?=\s*:(?:\s|$))/u.exec(
		line,
	)?.[0];
}
