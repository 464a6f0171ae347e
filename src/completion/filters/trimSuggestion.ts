/** The last look at a finished suggestion: what of it is worth showing. */

import { indentWidth } from "../../workspace/indentation.ts";
import type { FilterName } from "../reasons/reasons.ts";
import { unclosedBrackets } from "../text/brackets.ts";
import { isClosingLine, isProse, lineComment } from "../text/languages.ts";
import { repeatedFrom, withoutLoop } from "../text/repetition.ts";
import { isSame } from "../text/similarity.ts";
import { type FilterPlace, nextLine } from "./filterPlace.ts";

/** What a rule leaves of a text; nothing where the text is not worth showing. */
type LastRule = (text: string, place: FilterPlace) => string;

const lastRules: readonly (readonly [FilterName, LastRule])[] = [
	["blank", (text) => (text.trim() === "" ? "" : text)],
	["loop", withoutLoop],
	["repeatedLines", withoutRepeatedLines],
	["emptyComment", withoutEmptyComments],
	["trailingSpace", withoutTrailingSpace],
	["repeatsSuffix", withoutOverlap],
	["repeatsBelow", unlessBelow],
	["repeatsAbove", unlessAbove],
];

/**
 * What is left of the text; empty where that is nothing.
 *
 * @param onFired called for each rule that changed or dropped it.
 */
export function trimSuggestion(
	raw: string,
	place: FilterPlace,
	onFired: (name: FilterName) => void,
): string {
	let text = raw;
	for (const [name, rule] of lastRules) {
		if (text === "") break;
		const left = rule(text, place);
		// White space alone is no suggestion, whichever rule leaves it.
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

/** Comments with nothing in them at the end. Between others they part paragraphs. */
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
	// Before a word on the same line, the space parts the two.
	const end = /^[\w"'`$]/.test(lineAfter) && /\S $/.test(text) ? " " : "";
	const trimmed = text.trimEnd() + end;
	// In Markdown two of them break a line.
	return isProse(languageId) ? trimmed : trimmed.replace(/[ \t]+(?=\n)/g, "");
}

/** Cuts the longest end of the text that is the start of what follows, but no bracket that closes one of the text's own. */
function withoutOverlap(
	text: string,
	{ lineAfter, lineBefore }: FilterPlace,
): string {
	const following = lineAfter.trimEnd();
	const unclosed = unclosedBrackets(text, lineBefore);
	for (
		let length = Math.min(text.length, following.length);
		length > 0;
		length--
	) {
		if (!text.endsWith(following.slice(0, length))) continue;
		const rest = text.slice(0, text.length - length);
		if (unclosedBrackets(rest, lineBefore) <= unclosed) return rest;
	}
	return text;
}

/** Nothing where the line, with what stands before the cursor, is the next one below. */
function unlessBelow(text: string, place: FilterPlace): string {
	const next = nextLine(place);
	const { lineBefore } = place;
	if (/\w/.test(next))
		return isSame(text, next) || isSame(lineBefore + text, next) ? "" : text;
	// A lone bracket closes many blocks: it is the one below where it would stand in the same column.
	return text.trim() === next.trim() &&
		indentWidth(lineBefore + text) === indentWidth(next)
		? ""
		: text;
}

/** So many lines that stand right above, in the same order, are a copy, also where the text then goes on. */
const minCopied = 3;

/** Nothing where the lines are those right above. What differs is data. */
function unlessAbove(
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
				(line) => /[A-Za-z_]{2}/.test(line) && !isClosingLine(line, languageId),
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
