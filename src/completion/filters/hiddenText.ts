/** A filter on characters that cannot be seen: nobody can tell what they accept with them. */

import { hiddenPattern, joinerPattern } from "../../base/text/hiddenText.ts";
import { type FilterPlace, hasOwn } from "./filterPlace.ts";
import type { TextStream } from "./textStream.ts";

/** Marks of direction, which right-to-left text may need: whoever writes it has them in the text. */
const marks = ["\u200e", "\u200f"];
/** Separates words in scripts from Thai to Khmer. */
const wordBreak =
	/(?<=[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff])\u200b(?=[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff])/gu;

/** Ends before the first control character but tab and line end, and before any other character that hides text or its order. */
export async function* untilHiddenText(
	chunks: TextStream,
	place: FilterPlace,
): AsyncGenerator<string> {
	const own = marks.filter((mark) => hasOwn(place, mark));
	let text = "";
	let given = 0;
	for await (const chunk of chunks) {
		text =
			text.endsWith("\r") && chunk.startsWith("\n")
				? text.slice(0, -1) + chunk
				: text + chunk;
		text = text.replaceAll("\r\n", "\n");
		const end = visibleEnd(text, given, own);
		if (end > given) yield text.slice(given, end);
		given = Math.max(given, end);
		if (end < text.length && !isOpen(text, end)) return;
	}
}

/** Where the text from an offset on ends, or stops being visible for sure. */
function visibleEnd(
	text: string,
	from: number,
	own: readonly string[],
): number {
	const hidden = hiddenPattern();
	hidden.lastIndex = from;
	for (;;) {
		const at = hidden.exec(text)?.index ?? text.length;
		const carriageReturn = text.slice(from, at).indexOf("\r");
		if (carriageReturn >= 0) return from + carriageReturn;
		if (at === text.length) return isHalf(text) ? at - 1 : at;
		if (!own.includes(text[at] ?? "") && !isJoiner(text, at)) return at;
	}
}

/** Whether the next character decides about the one at the end. */
function isOpen(text: string, at: number): boolean {
	const rest = isHalf(text) ? text.slice(at, -1) : text.slice(at);
	return rest === "" || ["\r", "\u200b", "\u200c", "\u200d"].includes(rest);
}

/** A pair of surrogates that comes in two pieces. */
function isHalf(text: string): boolean {
	const last = text.charCodeAt(text.length - 1);
	return last >= 0xd800 && last <= 0xdbff;
}

function isJoiner(text: string, at: number): boolean {
	return [joinerPattern(), wordBreak].some((pattern) => {
		pattern.lastIndex = at;
		return pattern.exec(text)?.index === at;
	});
}
