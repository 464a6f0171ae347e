/** What the rules on a suggestion may know of the place that it is for. */

import {
	documentIndentation,
	type Indentation,
} from "../../workspace/indentation.ts";
import type {
	DocumentContext,
	DocumentSnapshot,
} from "../text/documentContext.ts";
import { isMarkup, isProse } from "../text/languages.ts";
import type { SuggestionShape } from "../text/shape.ts";

export interface FilterPlace {
	readonly languageId: string;
	/** Of the file, relative to the workspace. */
	readonly path: string;
	/** As the lines around the cursor have it, or else the editor. */
	readonly indentation: Indentation;
	readonly shape: SuggestionShape;
	/** The current line up to the cursor. */
	readonly lineBefore: string;
	/** The current line behind the cursor. */
	readonly lineAfter: string;
	/** The nearest last. */
	readonly linesAbove: readonly string[];
	/** The nearest first. */
	readonly linesBelow: readonly string[];
	/**
	 * How many brackets, by their closer, are open at the cursor and not closed below. Undefined where that is not known: in prose,
	 * in languages with lone brackets, in a long document.
	 */
	readonly openBrackets: Readonly<Record<string, number>> | undefined;
}

/** A screen's worth. */
const nearLines = 32;
/** Of a line, so much is near: there are documents of one line with a million characters. */
const nearChars = 2000;

export function filterPlace(
	snapshot: DocumentSnapshot,
	{ prefixBlocks, line, suffix, ...context }: DocumentContext,
	shape: SuggestionShape,
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
	const isWhole =
		snapshot.text.replaceAll("\r\n", "\n").length ===
		prefix.length + suffix.length;
	return {
		languageId,
		path,
		indentation: documentIndentation(
			[...linesAbove, lineBefore + lineAfter, ...linesBelow],
			languageId,
			snapshot.indentation,
		),
		shape,
		lineBefore,
		lineAfter,
		linesAbove,
		linesBelow,
		openBrackets:
			isWhole && !isProse(languageId) && !hasLoneBrackets(languageId)
				? openBrackets(prefix, suffix)
				: undefined,
	};
}

/** The next line below with something on it; empty where there is none. */
export function nextLine({ linesBelow }: Pick<FilterPlace, "linesBelow">) {
	return linesBelow.find((line) => line.trim() !== "") ?? "";
}

/** Whether the user's own text near the cursor has this: then it is no trace of the model's format. */
export function hasOwn(
	{ linesAbove, lineBefore, lineAfter, linesBelow }: FilterPlace,
	marker: string,
): boolean {
	return [...linesAbove, lineBefore, lineAfter, ...linesBelow].some((line) =>
		line.includes(marker),
	);
}

/** `a)` in a shell is a case. Between tags stands prose. */
function hasLoneBrackets(languageId: string): boolean {
	return languageId === "shellscript" || isMarkup(languageId);
}

/**
 * Strings, comments and patterns can hold lone brackets, and what looks like one of them may be none: so there are several counts,
 * with and without, and the largest holds. A bracket is called unmatched only where it is by all.
 */
function openBrackets(prefix: string, suffix: string): Record<string, number> {
	const open: Record<string, number> = {};
	for (const [opener, closer] of ["()", "[]", "{}"].map((it) => [...it])) {
		if (opener === undefined || closer === undefined) continue;
		const count = (text: string): number =>
			Math.max(
				...readings(text).map(
					(it) => it.split(opener).length - it.split(closer).length,
				),
			);
		open[closer] = Math.max(0, Math.min(count(prefix), count(prefix + suffix)));
	}
	return open;
}

function readings(text: string): readonly string[] {
	const withoutComments = text.replace(
		/\/\*[\s\S]*?\*\/|(?<=^|\s)(?:\/\/|#|--).*$/gm,
		"",
	);
	return [text, withoutComments].flatMap((it) => {
		const withoutStrings = it.replace(
			/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g,
			"",
		);
		return [
			it,
			withoutStrings,
			it.replace(pattern, ""),
			withoutStrings.replace(pattern, ""),
		];
	});
}

/** A regular expression as JavaScript and Ruby write it. */
const pattern =
	/(?<=[(,=:[!&|?{};~\s])\/(?![*/])(?:\\.|\[(?:\\.|[^\]\n])*\]|[^/\n])+\//g;
