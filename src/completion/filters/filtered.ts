/**
 * The rules on a suggestion while it streams, in their order. Each is an async generator from text to text; one that returns stops
 * the model.
 */

import type { FilterName } from "../reasons/reasons.ts";
import type { SuggestionShape } from "../text/shape.ts";
import {
	untilBlankLine,
	untilBlockEnd,
	untilDuplicateKey,
	untilLines,
} from "./blockEnd.ts";
import {
	untilClosedBySuffix,
	untilClosingQuote,
	untilUnmatchedCloser,
} from "./closers.ts";
import {
	untilNextFile,
	withoutPromptEcho,
	withoutRepeatedPrefix,
} from "./echo.ts";
import { untilFence, withoutFence } from "./fence.ts";
import type { FilterPlace } from "./filterPlace.ts";
import { untilLineEnd } from "./lineEnd.ts";
import { untilLinesBelow } from "./linesBelow.ts";
import { untilSpecialToken, withoutReasoning } from "./markers.ts";
import { reindented } from "./reindent.ts";
import { untilLoop, untilRepeatedLines } from "./repeats.ts";
import { untilRestOfLine } from "./restOfLine.ts";
import { withoutBlankLines, withoutDoubleSpace } from "./spacing.ts";
import { byCharacter, byLine, type TextStream } from "./textStream.ts";

type Rule = (chunks: TextStream, place: FilterPlace) => TextStream;
type NamedRule = readonly [FilterName, Rule];

const maxLines = 8;

/** What the model adds of its own comes off first. */
const frameRules: readonly NamedRule[] = [
	["reasoning", withoutReasoning],
	["specialToken", untilSpecialToken],
	["fence", withoutFence],
	["promptEcho", withoutPromptEcho],
	["repeatsPrefix", withoutRepeatedPrefix],
];
/** How far the text may go: these see a line end first, so that it stops the model at once. */
const reachRules: Record<SuggestionShape, readonly NamedRule[]> = {
	line: [
		["lineEnd", untilLineEnd],
		["promptEcho", untilNextFile],
	],
	block: [
		["fence", untilFence],
		["promptEcho", untilNextFile],
	],
	body: [
		["fence", untilFence],
		["promptEcho", untilNextFile],
	],
};
/** What the document has already comes off; what is left is set into it. */
const seamRules: readonly NamedRule[] = [
	["loop", untilLoop],
	["closingQuote", untilClosingQuote],
	["closedBySuffix", untilClosedBySuffix],
	["repeatsSuffix", untilRestOfLine],
	["unmatchedCloser", untilUnmatchedCloser],
	["blankLines", withoutBlankLines],
	["doubleSpace", withoutDoubleSpace],
	["indentation", reindented],
];
/** Of several lines. */
const lineRules: readonly NamedRule[] = [
	["blankLine", untilBlankLine],
	["blockEnd", untilBlockEnd],
	["duplicateKey", untilDuplicateKey],
	["repeatsBelow", untilLinesBelow],
	["repeatedLines", untilRepeatedLines],
	["maxLines", (lines) => untilLines(lines, maxLines)],
];

/**
 * What the rules leave of the text. It does not depend on how the text is cut into chunks.
 *
 * @param onFired called once for each rule that ended, changed or dropped the text, as soon as that shows.
 */
export function filtered(
	chunks: TextStream,
	place: FilterPlace,
	onFired: (name: FilterName) => void,
): TextStream {
	const fired = new Set<FilterName>();
	const through = (text: TextStream, [name, rule]: NamedRule): TextStream =>
		watched(
			text,
			(it) => rule(it, place),
			() => {
				if (!fired.has(name)) onFired(name);
				fired.add(name);
			},
		);
	const text = [...frameRules, ...reachRules[place.shape], ...seamRules].reduce(
		through,
		byCharacter(chunks),
	);
	return place.shape === "line"
		? text
		: lineRules.reduce(through, byLine(text));
}

/** A rule need not say that it did something: what went in and what came out tells. */
async function* watched(
	chunks: TextStream,
	rule: (chunks: TextStream) => TextStream,
	onFired: () => void,
): AsyncGenerator<string> {
	let taken = "";
	let given = "";
	let isRead = false;
	let hasFired = false;
	async function* read(): AsyncGenerator<string> {
		for await (const chunk of chunks) {
			taken += chunk;
			yield chunk;
		}
		isRead = true;
	}
	for await (const chunk of rule(read())) {
		given += chunk;
		if (!hasFired && !taken.startsWith(given)) {
			hasFired = true;
			onFired();
		}
		yield chunk;
	}
	if (!hasFired && (!isRead || given !== taken)) onFired();
}
