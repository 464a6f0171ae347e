/**
 * How much the text around a frame may change before the frame is made anew: an earlier state of it serves the model just as well while the
 * two differ little.
 */

import { linesOf } from "../../workspace/regions.ts";
import { editDistance } from "./similarity.ts";

/** A text of the frame, or the same part of the document now. Line ends are `\n`. */
export interface FrameSide {
	readonly text: string;
	/** Whether the document goes on beyond it. */
	readonly isCut: boolean;
}

/** `similar` allows small edits; `closed` only brackets that were closed after the cursor. */
export type Sameness = "similar" | "closed";

/** As in Copilot: one in ten of the first 50 tokens may differ. */
const comparedTokens = 50;
const maxChangedTokens = 0.1;
/** One in ten of the other lines may differ too. */
const maxChangedLines = 0.1;

const maxClosers = 64;
/** Of a longer text, as many are enough to find it again. */
const recognizedChars = 200;
const onlyClosers = /^[\s)\]}"'`]*$/;

/** The number of lines that differ before the frame; undefined where they are too many. Of a short file one may: a new import. */
export function isSamePrefix(
	earlier: FrameSide,
	now: FrameSide,
	sameness: Sameness,
): { readonly changedLines: number } | undefined {
	const isExact = earlier.isCut
		? now.text.endsWith(earlier.text)
		: !now.isCut && now.text === earlier.text;
	if (isExact) return { changedLines: 0 };
	if (sameness !== "similar") return undefined;
	const lines = earlier.text.split("\n");
	const changedLines = changedLinesAbove(
		lines,
		now.text.split("\n"),
		earlier.isCut,
	);
	return changedLines <= Math.max(1, lines.length * maxChangedLines)
		? { changedLines }
		: undefined;
}

/** Counts all lines from the first difference to the last: exact for one change, an upper bound for several. */
function changedLinesAbove(
	earlier: readonly string[],
	now: readonly string[],
	isCut: boolean,
): number {
	const sameAtEnd = commonStart(earlier.toReversed(), now.toReversed());
	const above = earlier.slice(0, earlier.length - sameAtEnd);
	let nowAbove = now.slice(0, now.length - sameAtEnd);
	if (isCut) {
		if (above.length === 0) return 0;
		// The document has more above, and what came or went has moved the first lines of the frame.
		const first = nowAbove.findIndex(
			(line, at) =>
				line === above[0] &&
				(above.length === 1 || nowAbove[at + 1] === above[1]),
		);
		if (first < 0) return Math.max(1, above.length);
		nowAbove = nowAbove.slice(first);
	}
	const same = commonStart(above, nowAbove);
	// Lines that differ only in being on one side count too.
	return Math.max(1, above.length - same, nowAbove.length - same);
}

function commonStart(a: readonly string[], b: readonly string[]): number {
	const shorter = Math.min(a.length, b.length);
	let same = 0;
	while (same < shorter && a[same] === b[same]) same++;
	return same;
}

/** Whether the text after the cursor is what it was, but for brackets that the editor has closed and, if allowed, small edits. */
export function isSameSuffix(
	earlier: FrameSide,
	now: FrameSide,
	sameness: Sameness,
): boolean {
	if (gainedOnlyClosers(earlier, now)) return true;
	return (
		sameness === "similar" &&
		!isPassedOver(earlier, now) &&
		isSimilarEnough(earlier.text, now.text)
	);
}

/** Also those on lines of their own, as the editor puts them when a block is opened. */
function gainedOnlyClosers(earlier: FrameSide, now: FrameSide): boolean {
	for (let length = 0; length <= maxClosers; length++) {
		if (length > now.text.length) return false;
		if (!onlyClosers.test(now.text.slice(0, length))) return false;
		if (isEqualAsFarAsKnown(earlier, { ...now, text: now.text.slice(length) }))
			return true;
	}
	return false;
}

/** Whether the cursor went over text after it, or that was deleted: otherwise the model would see it once more. */
function isPassedOver(earlier: FrameSide, now: FrameSide): boolean {
	const at =
		earlier.isCut || now.isCut
			? earlier.text.indexOf(now.text.slice(0, recognizedChars))
			: earlier.text.length - now.text.length;
	return (
		at > 0 &&
		earlier.text.slice(0, at).trim() !== "" &&
		isEqualAsFarAsKnown({ ...earlier, text: earlier.text.slice(at) }, now)
	);
}

function isEqualAsFarAsKnown(a: FrameSide, b: FrameSide): boolean {
	return (
		a.text === b.text ||
		(b.isCut && a.text.startsWith(b.text)) ||
		(a.isCut && b.text.startsWith(a.text))
	);
}

function isSimilarEnough(earlier: string, now: string): boolean {
	const [earlierLine, ...earlierLines] = linesOf(earlier);
	const [line, ...lines] = linesOf(now);
	return (
		onlyGainedPunctuation(earlierLine ?? "", line ?? "") &&
		fewTokensChanged(earlierLines.join("\n"), lines.join("\n")) &&
		fewLinesChanged(earlierLines, lines)
	);
}

/**
 * Whether the rest of the current line has only gained brackets and quotes, as the editor inserts them. A removed one is a change: the model
 * would leave out a bracket that it believes to be there.
 */
function onlyGainedPunctuation(earlier: string, now: string): boolean {
	let at = 0;
	for (const char of now)
		if (earlier.startsWith(char, at)) at += char.length;
		else if (/[\p{L}\p{N}_]/u.test(char)) return false;
	return at === earlier.length;
}

function fewTokensChanged(earlier: string, now: string): boolean {
	const before = firstTokens(earlier);
	const after = firstTokens(now);
	return (
		editDistance(before, after) <=
		Math.max(before.length, after.length) * maxChangedTokens
	);
}

function firstTokens(text: string): string[] {
	const tokens: string[] = [];
	for (const [token] of text.matchAll(
		/[\p{L}\p{M}\p{N}_]+|\s+|[^\p{L}\p{M}\p{N}_\s]/gu,
	)) {
		tokens.push(token);
		if (tokens.length === comparedTokens) break;
	}
	return tokens;
}

/** Counts all lines from the first difference to the last: exact for one change, an upper bound for several. */
function fewLinesChanged(
	earlier: readonly string[],
	now: readonly string[],
): boolean {
	const longer = Math.max(earlier.length, now.length);
	const same = commonStart(earlier, now);
	const sameAtEnd = commonStart(
		earlier.slice(same).toReversed(),
		now.slice(same).toReversed(),
	);
	return longer - same - sameAtEnd <= longer * maxChangedLines;
}
