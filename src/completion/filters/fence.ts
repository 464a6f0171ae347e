/** Filters on code fences: models tuned for chat write a sentence, a fence, the code, a fence. */

import { isProse } from "../text/languageSyntax.ts";
import { type FilterPlace, hasOwn } from "./filterPlace.ts";
import { type TextStream, until, withHead } from "./textStream.ts";

const fence = "```";
/** The only lines allowed before the fence: no code reads like a sentence of several words with its punctuation. */
const sentence =
	/^\p{Lu}[\p{L}\p{M}\p{N}_'’,`-]*(?: [\p{L}\p{M}\p{N}_'’,`().-]+){2,}[:.!]$|^\p{Lo}[\p{L}\p{M}\p{N}，、“”' `]{3,}[:：。！]$/u;
const sentenceStart =
	/^\p{Lu}[\p{L}\p{M}\p{N}_'’,`-]*(?: [\p{L}\p{M}\p{N}_'’,`().-]*)*[:.!]?$|^\p{Lo}[\p{L}\p{M}\p{N}，、“”' `]*[:：。！]?$/u;

/** Removes the opening fence and sentences before it. In prose, fences are text. */
export function withoutFence(
	chunks: TextStream,
	place: FilterPlace,
): AsyncIterable<string> {
	return fencesAreText(place) ? chunks : withHead(chunks, fenceOpened(place));
}

/** Ends before the closing fence, or before the next opening one. */
export function untilFence(
	chunks: TextStream,
	place: FilterPlace,
): AsyncIterable<string> {
	if (fencesAreText(place)) return chunks;
	return until(chunks, (text) => {
		const closing = /(?:^|\n)[ \t]*```/.exec(text);
		if (closing) return { length: closing.index, isEnd: true };
		const begun = /(?:^|\n)[ \t]*`{0,2}$/.exec(text);
		return { length: begun?.index ?? text.length, isEnd: false };
	});
}

function fencesAreText(place: FilterPlace): boolean {
	return isProse(place.languageId) || hasOwn(place, fence);
}

function fenceOpened({ lineBefore }: FilterPlace) {
	const allowsSentence = lineBefore.trim() === "";
	return (head: string, isWhole: boolean): string | undefined => {
		const lines = head.split("\n");
		for (const [index, line] of lines.entries()) {
			const text = line.trim();
			const isLast = index === lines.length - 1;
			if (text.startsWith(fence)) {
				if (isLast) return isWhole ? "" : undefined;
				return lines.slice(index + 1).join("\n");
			}
			if (isLast && !isWhole)
				return fence.startsWith(text) ||
					(allowsSentence && sentenceStart.test(line.trimStart()))
					? undefined
					: head;
			if (text !== "" && !(allowsSentence && sentence.test(text))) return head;
		}
		return head;
	};
}
