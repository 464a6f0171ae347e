/** Open brackets in code, without those in strings and comments. */

import { CodeScanner, closerOf } from "./codeScanner.ts";
import { languageText } from "./stringSyntax.ts";

/** Brackets that the text opens and does not close. */
export function unclosedBrackets(
	text: string,
	before: string,
	languageId: string,
): number {
	const scanner = new CodeScanner(languageId, before);
	scanner.readAll(text);
	return scanner.openCount;
}

type Counts = Record<string, number>;

/**
 * The number of brackets, by their closer, that are open behind the first text and not closed in the second.
 *
 * What is a regular expression, or a string in an unfinished document, cannot be told for sure: so brackets are counted with and without
 * those in strings, comments and regular expressions, and the largest count is used. A bracket is unmatched only if it is by every count.
 */
export function openBrackets(
	prefix: string,
	suffix: string,
	languageId: string,
): Counts {
	const counts = [
		countBrackets(prefix, suffix, undefined),
		countBrackets(prefix, suffix, new CodeScanner(languageId)),
		...(languageText(languageId).hasRegex
			? [countBrackets(prefix, suffix, withoutRegex(languageId))]
			: []),
	];
	const most = (closer: string, at: "before" | "whole"): number =>
		Math.max(...counts.map((it) => it[at][closer] ?? 0));
	return Object.fromEntries(
		Object.values(closerOf).map((closer) => [
			closer,
			Math.max(0, Math.min(most(closer, "before"), most(closer, "whole"))),
		]),
	);
}

function withoutRegex(languageId: string): CodeScanner {
	return new CodeScanner(languageId, "", { regex: false });
}

/** Openers less closers; of code only, where there is a scanner. */
function countBrackets(
	prefix: string,
	suffix: string,
	scanner: CodeScanner | undefined,
): { readonly before: Counts; readonly whole: Counts } {
	const counts: Counts = { ")": 0, "]": 0, "}": 0 };
	const count = (text: string): void => {
		for (let at = 0; at < text.length; at++) {
			const char = text[at] ?? "";
			const wasText = scanner?.isInText === true;
			scanner?.read(char);
			// Code in a string begins with a bracket, and ends with one.
			const closer = closerOf[char];
			if (closer !== undefined && !scanner?.isInText)
				counts[closer] = (counts[closer] ?? 0) + 1;
			else if (counts[char] !== undefined && !wasText) counts[char]--;
		}
	};
	count(prefix);
	const before = { ...counts };
	count(suffix);
	return { before, whole: counts };
}
