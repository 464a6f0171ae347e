/** Models tuned for chat wrap code as in a chat: a sentence, a fence, the code, a fence. */

import { isProse } from "../text/languages.ts";
import { type FilterPlace, hasOwn } from "./filterPlace.ts";
import { type TextStream, until, withHead } from "./textStream.ts";

const fence = "```";
/** Only such lines may be before the fence: no code is a sentence of several words with its mark. */
const sentence = /^[A-Z][\w'’,`-]*(?: [\w'’,`().-]+){2,}[:.!]$/;
const sentenceBegun = /^[A-Z][\w'’,`-]*(?: [\w'’,`().-]*)*[:.!]?$/;

/** Takes the opening fence and a sentence before it off. In prose, fences are text. */
export function withoutFence(
	chunks: TextStream,
	place: FilterPlace,
): AsyncIterable<string> {
	return isText(place) ? chunks : withHead(chunks, fenceOpened(place));
}

/** Ends before the closing fence, or before one that begins another piece of code. */
export function untilFence(
	chunks: TextStream,
	place: FilterPlace,
): AsyncIterable<string> {
	if (isText(place)) return chunks;
	return until(chunks, (text) => {
		const closing = /(?:^|\n)[ \t]*```/.exec(text);
		if (closing) return { length: closing.index, isEnd: true };
		const begun = /(?:^|\n)[ \t]*`{0,2}$/.exec(text);
		return { length: begun?.index ?? text.length, isEnd: false };
	});
}

function isText(place: FilterPlace): boolean {
	return isProse(place.languageId) || hasOwn(place, fence);
}

function fenceOpened({ lineBefore }: FilterPlace) {
	const maySpeak = lineBefore.trim() === "";
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
					(maySpeak && sentenceBegun.test(line.trimStart()))
					? undefined
					: head;
			if (text !== "" && !(maySpeak && sentence.test(text))) return head;
		}
		return head;
	};
}
