/** The filters on a suggestion while it streams, in order. Each is an async generator from text to text; when one returns, the model is stopped. */

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
import { untilHiddenText } from "./hiddenText.ts";
import { untilLineEnd } from "./lineEnd.ts";
import { untilLinesBelow } from "./linesBelow.ts";
import { untilSpecialToken, withoutReasoning } from "./markers.ts";
import { withDocumentIndentation } from "./reindent.ts";
import { untilLoop, untilRepeatedLines } from "./repeats.ts";
import { untilRestOfLine } from "./restOfLine.ts";
import { withoutBlankLines, withoutDoubleSpace } from "./spacing.ts";
import { byCharacter, byLine, type TextStream } from "./textStream.ts";

type Filter = (chunks: TextStream, place: FilterPlace) => TextStream;
type NamedFilter = readonly [FilterName, Filter];

const maxLines = 8;

/** Remove what the model adds around the text. These come first. */
const wrapperFilters: readonly NamedFilter[] = [
	["hiddenText", untilHiddenText],
	["reasoning", withoutReasoning],
	["specialToken", untilSpecialToken],
	["fence", withoutFence],
	["promptEcho", withoutPromptEcho],
	["repeatsPrefix", withoutRepeatedPrefix],
];
/** Limit how far the text goes. These come before all that buffer text, so that a line end stops the model at once. */
const extentFilters: Record<SuggestionShape, readonly NamedFilter[]> = {
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
/** Fit the text into the document: remove what is already there, and adopt its spacing. */
const seamFilters: readonly NamedFilter[] = [
	["loop", untilLoop],
	["closingQuote", untilClosingQuote],
	["closedBySuffix", untilClosedBySuffix],
	["repeatsSuffix", untilRestOfLine],
	["unmatchedCloser", untilUnmatchedCloser],
	["blankLines", withoutBlankLines],
	["doubleSpace", withoutDoubleSpace],
	["indentation", withDocumentIndentation],
];
/** For suggestions of several lines; these take whole lines. */
const lineFilters: readonly NamedFilter[] = [
	["blankLine", untilBlankLine],
	["blockEnd", untilBlockEnd],
	["duplicateKey", untilDuplicateKey],
	["repeatsBelow", untilLinesBelow],
	["repeatedLines", untilRepeatedLines],
	["maxLines", (lines) => untilLines(lines, maxLines)],
];

/**
 * The text that is left by the filters. It does not depend on how the text is split into chunks.
 *
 * @param onFired called once for each filter that ended, changed or dropped the text, as soon as that is known.
 */
export function filtered(
	chunks: TextStream,
	place: FilterPlace,
	onFired: (name: FilterName) => void,
): TextStream {
	const fired = new Set<FilterName>();
	const apply = (text: TextStream, [name, filter]: NamedFilter): TextStream =>
		watched(
			text,
			(it) => filter(it, place),
			() => {
				if (!fired.has(name)) onFired(name);
				fired.add(name);
			},
		);
	const text = [
		...wrapperFilters,
		...extentFilters[place.shape],
		...seamFilters,
	].reduce(apply, byCharacter(chunks));
	return place.shape === "line"
		? text
		: lineFilters.reduce(apply, byLine(text));
}

/** Detects from its input and output whether a filter has fired, so that no filter has to report it. */
async function* watched(
	chunks: TextStream,
	filter: (chunks: TextStream) => TextStream,
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
	for await (const chunk of filter(read())) {
		given += chunk;
		if (!hasFired && !taken.startsWith(given)) {
			hasFired = true;
			onFired();
		}
		yield chunk;
	}
	if (!hasFired && (!isRead || given !== taken)) onFired();
}
