/** Filters that end a block. They take whole lines, as `byLine` splits them. */

import { indentWidth } from "../../workspace/indentation.ts";
import { closesBody, isClosingLine } from "../text/languageSyntax.ts";
import { type FilterPlace, nextLine } from "./filterPlace.ts";
import { lineOf, type TextStream } from "./textStream.ts";

/** Ends before a blank line, unless only blank lines precede it: what follows is another block. */
export async function* untilBlankLine(
	lines: TextStream,
): AsyncGenerator<string> {
	let hasText = false;
	for await (const piece of lines) {
		const isBlank = piece.trim() === "";
		if (isBlank && hasText) return;
		hasText ||= !isBlank;
		yield piece;
	}
}

/** Ends before a line outside of the body, or with the bracket that closes it, which is left out if it is already below. */
export async function* untilBlockEnd(
	lines: TextStream,
	{
		languageId,
		lineBefore,
		linesBelow,
	}: Pick<FilterPlace, "languageId" | "lineBefore" | "linesBelow">,
): AsyncGenerator<string> {
	const ownWidth = indentWidth(lineBefore);
	const below = nextLine({ linesBelow });
	const isClosedBelow =
		isClosingLine(below, languageId) && indentWidth(below) === ownWidth;
	const minWidth = lineBefore.trim() === "" ? ownWidth : ownWidth + 1;
	for await (const piece of lines) {
		const line = lineOf(piece);
		if (piece.startsWith("\n") && line.trim() !== "") {
			const lineWidth = indentWidth(line);
			if (lineWidth === ownWidth && closesBody(line, languageId)) {
				if (!isClosedBelow || !isClosingLine(line, languageId)) yield piece;
				return;
			}
			if (lineWidth < minWidth) return;
		}
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
	return /^\s*(?:"[^"]+"|[\w.-]+)(?=\s*:(?:\s|$))/.exec(line)?.[0];
}
