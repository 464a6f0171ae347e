/** What the filters know about the place of a suggestion. */

import {
	documentIndentation,
	type Indentation,
} from "../../workspace/indentation.ts";
import type { CursorSyntax } from "../syntax/cursorSyntax.ts";
import { openBrackets } from "../text/brackets.ts";
import { codeBefore } from "../text/codeBefore.ts";
import {
	type DocumentContext,
	type DocumentSnapshot,
	withUnixLineEnds,
} from "../text/documentContext.ts";
import { isMarkup, isProse } from "../text/languageSyntax.ts";
import type { SuggestionShape } from "../text/shape.ts";

export interface FilterPlace {
	readonly languageId: string;
	/** Of the file, relative to the workspace. */
	readonly path: string;
	/** Detected from the lines around the cursor, or else that of the editor. */
	readonly indentation: Indentation;
	readonly shape: SuggestionShape;
	/** What precedes the cursor, as far as it tells whether that is in a string or a comment. */
	readonly codeBefore: string;
	/** The current line up to the cursor. */
	readonly lineBefore: string;
	/** The current line after the cursor. */
	readonly lineAfter: string;
	/** From top to bottom: the nearest line is the last. */
	readonly linesAbove: readonly string[];
	/** From top to bottom: the nearest line is the first. */
	readonly linesBelow: readonly string[];
	/**
	 * The number of brackets, by their closer, that are open at the cursor and not closed below. Undefined where unknown: in prose, in
	 * languages with unpaired brackets, in a long document.
	 */
	readonly openBrackets: Readonly<Record<string, number>> | undefined;
	/** Undefined where brackets and indentation are to decide. */
	readonly syntax?: CursorSyntax | undefined;
}

/** One screen. */
const nearLines = 32;
/** Of each line. Some documents are a single line of a million characters. */
const nearChars = 2000;

export function filterPlace(
	snapshot: DocumentSnapshot,
	{ prefixBlocks, line, suffix, ...context }: DocumentContext,
	shape: SuggestionShape,
	syntax?: CursorSyntax,
): FilterPlace {
	const { languageId, path } = snapshot;
	const lineBefore = context.lineBefore.slice(-nearChars);
	const lineAfter = context.lineAfter.slice(0, nearChars);
	const above = prefixBlocks.join("");
	const prefix = above + line;
	const linesAbove = above
		.split("\n")
		.slice(0, -1)
		.slice(-nearLines)
		.map((it) => it.slice(-nearChars));
	const linesBelow = suffix
		.split("\n")
		.slice(1, nearLines + 1)
		.map((it) => it.slice(0, nearChars));
	const isWhole = isAllOf(prefix.length + suffix.length, snapshot.text);
	return {
		languageId,
		path,
		indentation: documentIndentation(
			[...linesAbove, lineBefore + lineAfter, ...linesBelow],
			languageId,
			snapshot.indentation,
		),
		shape,
		codeBefore: codeBefore(snapshot),
		lineBefore,
		lineAfter,
		linesAbove,
		linesBelow,
		openBrackets:
			isWhole && !isProse(languageId) && !hasUnpairedBrackets(languageId)
				? openBrackets(prefix, suffix, languageId)
				: undefined,
		syntax,
	};
}

/** Whether as many characters are all of a document. A line end has two characters at most: so a long document is not read. */
function isAllOf(chars: number, document: string): boolean {
	return (
		document.length <= 2 * chars && withUnixLineEnds(document).length === chars
	);
}

/** The next line below that is not blank; empty where there is none. */
export function nextLine({ linesBelow }: Pick<FilterPlace, "linesBelow">) {
	return linesBelow.find((line) => line.trim() !== "") ?? "";
}

/** Whether the user's own text near the cursor contains the marker: then it is not an artifact of the model. */
export function hasOwn(
	{ linesAbove, lineBefore, lineAfter, linesBelow }: FilterPlace,
	marker: string,
): boolean {
	return [...linesAbove, lineBefore, lineAfter, ...linesBelow].some((line) =>
		line.includes(marker),
	);
}

/** A shell has `a)` in a case, and markup has prose between tags. */
function hasUnpairedBrackets(languageId: string): boolean {
	return languageId === "shellscript" || isMarkup(languageId);
}
