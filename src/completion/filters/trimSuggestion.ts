/** The filters on a complete suggestion. */

import { indentWidth } from "../../workspace/indentation.ts";
import type { FilterName } from "../reasons/reasons.ts";
import { unclosedBrackets } from "../text/brackets.ts";
import { isClosingLine, isProse, lineComment } from "../text/languageSyntax.ts";
import { repeatedFrom, withoutLoop } from "../text/repetition.ts";
import { isSameLine } from "../text/similarity.ts";
import { hasWord, letterCount } from "../text/words.ts";
import { type FilterPlace, nextLine } from "./filterPlace.ts";

/** Returns what is left of the text; empty where nothing is worth showing. */
type FinalFilter = (text: string, place: FilterPlace) => string;

const finalFilters: readonly (readonly [FilterName, FinalFilter])[] = [
	["blank", (text) => (text.trim() === "" ? "" : text)],
	["loop", withoutLoop],
	["repeatedLines", withoutRepeatedLines],
	["emptyComment", withoutEmptyComments],
	["trailingSpace", withoutTrailingSpace],
	["repeatsSuffix", withoutOverlap],
	["repeatsBelow", unlessLineBelow],
	["repeatsAbove", unlessLinesAbove],
	["blockEnd", toWholeStatements],
];

/**
 * What is left of the text; may be empty.
 *
 * @param onFired called for each filter that changed or dropped the text.
 */
export function trimSuggestion(
	raw: string,
	place: FilterPlace,
	onFired: (name: FilterName) => void,
): string {
	let text = raw;
	for (const [name, filter] of finalFilters) {
		if (text === "") break;
		const left = filter(text, place);
		// White space alone is not worth showing, whichever filter leaves it.
		const kept = left.trim() === "" ? "" : left;
		if (kept !== text) onFired(name);
		text = kept;
	}
	return text;
}

function withoutRepeatedLines(text: string): string {
	const lines = text.split("\n");
	return lines.slice(0, repeatedFrom(lines)).join("\n");
}

/** Removes empty comments at the end. Between other comments they separate paragraphs. */
function withoutEmptyComments(
	text: string,
	{ languageId, lineBefore }: FilterPlace,
): string {
	const marker = lineComment(languageId);
	if (marker === "") return text;
	const lines = text.split("\n");
	const isEmpty = (line: string, index: number): boolean =>
		(index > 0 || lineBefore.trim() === "") &&
		(line.trim() === "" || line.trim() === marker);
	if (!lines.some((line) => line.trim() === marker)) return text;
	const end = lines.findLastIndex((line, index) => !isEmpty(line, index));
	return lines.slice(0, end + 1).join("\n");
}

function withoutTrailingSpace(
	text: string,
	{ languageId, lineAfter }: FilterPlace,
): string {
	// Before a word on the same line, the space separates the two.
	const end =
		/^[\p{L}\p{N}_"'`$]/u.test(lineAfter) && /\S $/.test(text) ? " " : "";
	const trimmed = text.trimEnd() + end;
	// In Markdown, two trailing spaces are a line break.
	return isProse(languageId)
		? trimmed
		: trimmed.replace(/(?<![ \t])[ \t]+(?=\n)/g, "");
}

/** Cuts the longest overlap between the end of the text and the rest of the line, but no bracket that closes one in the text. */
function withoutOverlap(
	text: string,
	{ lineAfter, codeBefore, languageId }: FilterPlace,
): string {
	const following = lineAfter.trimEnd();
	const unclosed = unclosedBrackets(text, codeBefore, languageId);
	for (
		let length = Math.min(text.length, following.length);
		length > 0;
		length--
	) {
		if (!text.endsWith(following.slice(0, length))) continue;
		const rest = text.slice(0, text.length - length);
		if (unclosedBrackets(rest, codeBefore, languageId) <= unclosed) return rest;
	}
	return text;
}

/** Drops the text where it, or the line that it completes, equals the next line below. */
function unlessLineBelow(text: string, place: FilterPlace): string {
	const next = nextLine(place);
	const { lineBefore, lineAfter } = place;
	if (hasWord(next))
		return [text, lineBefore + text, lineBefore + text + lineAfter].some((it) =>
			isSameLine(it, next),
		)
			? ""
			: text;
	// Many blocks end with a lone bracket: it is the one below only if it is in the same column.
	return text.trim() === next.trim() &&
		indentWidth(lineBefore + text) === indentWidth(next)
		? ""
		: text;
}

/** A text that begins with this many of the lines above, in the same order, is a copy even if it then continues. */
const minCopied = 3;

/** Drops a text whose lines equal those right above the cursor. */
function unlessLinesAbove(
	text: string,
	{ languageId, lineBefore, linesAbove }: FilterPlace,
): string {
	const lines = (lineBefore + text)
		.split("\n")
		.filter((line) => line.trim() !== "");
	const above = linesAbove.filter((line) => line.trim() !== "");
	const isCopyOfLast = (count: number): boolean => {
		const first = lines.slice(0, count);
		return (
			first.length === count &&
			first.some(
				(line) =>
					(/[\p{L}\p{M}_]{2}/u.test(line) || letterCount(line) > 1) &&
					!isClosingLine(line, languageId),
			) &&
			first.every(
				(line, index) =>
					line.trim() === above[above.length - count + index]?.trim(),
			)
		);
	};
	if (isCopyOfLast(lines.length)) return "";
	for (let count = minCopied; count < lines.length; count++)
		if (isCopyOfLast(count)) return "";
	return text;
}

/** Where the model stopped, or was stopped, inside a statement. */
function toWholeStatements(
	text: string,
	{ shape, syntax }: FilterPlace,
): string {
	return syntax && shape !== "line" && text.includes("\n")
		? syntax.wholeLines(text)
		: text;
}
