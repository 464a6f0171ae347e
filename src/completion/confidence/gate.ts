/** Which part of a suggestion is shown unasked: as much as the model is sure of. */

import type { Piece } from "./pieces.ts";

/** Asked wherever a suggestion is handed out that nobody asked for. */
export interface SuggestionGate {
	/**
	 * The part to show of what is left of a suggestion; empty where there is nothing worth showing. It only grows while the user types
	 * through the suggestion, because what is typed is certain.
	 *
	 * @param pieces the whole suggestion, see `piecesOf`.
	 * @param typedChars how many of its characters are typed already.
	 */
	shownPart(pieces: readonly Piece[], typedChars: number): string;
	/** Whether more of the same answer would not be shown either, so that its beginning serves as well as all of it. */
	isEnough(pieces: readonly Piece[], typedChars: number): boolean;
	/** Of requests that nobody made: see `FimRequest.minProbability`. */
	readonly minProbability: number;
}

/**
 * An answer ends where its joint probability is this share of the threshold: what comes after is hardly ever right, also where the user types
 * so far.
 */
const minThresholdShare = 0.1;

/** @param threshold the joint probability down to which a suggestion is shown; asked each time. */
export function gateAt(threshold: () => number): SuggestionGate {
	return {
		shownPart: (pieces, typedChars) =>
			surePart(pieces, typedChars, threshold()),
		isEnough: (pieces, typedChars) =>
			jointProbability(pieces, typedChars, Number.POSITIVE_INFINITY) <
			threshold(),
		get minProbability() {
			return threshold() * minThresholdShare;
		},
	};
}

/** Less takes longer to read than to type. */
const minChars = 3;

/**
 * The part in which the joint probability of the tokens that are not yet typed stays at the threshold or above, up to the end of a word,
 * and not inside a string literal that it begins, or right behind a bracket that it opens.
 * Of a token that is typed in part, only the rest counts: its probability is taken as spread evenly over its characters.
 */
export function surePart(
	pieces: readonly Piece[],
	typedChars: number,
	threshold: number,
): string {
	const text = pieces.map((piece) => piece.text).join("");
	const endAt = (at: number) => cutEnd(text, at, typedChars);
	let end = endAt(sureEnd(pieces, typedChars, threshold));
	while (end > typedChars) {
		// Fewer characters are left only where they were shown when there were more of them.
		const from = Math.min(typedChars, end - minChars);
		if (from >= 0 && jointProbability(pieces, from, end) >= threshold)
			return text.slice(typedChars, end);
		end = endAt(end - 1);
	}
	return "";
}

/** The joint probability of the pieces between two places in the text of the suggestion. */
export function jointProbability(
	pieces: readonly Piece[],
	from: number,
	to: number,
): number {
	let joint = 1;
	let at = 0;
	for (const piece of pieces) {
		if (at >= to) break;
		joint *= leftOf(piece, from - at);
		at += piece.text.length;
	}
	return joint;
}

function sureEnd(
	pieces: readonly Piece[],
	typedChars: number,
	threshold: number,
): number {
	let joint = 1;
	let at = 0;
	for (const piece of pieces) {
		joint *= leftOf(piece, typedChars - at);
		if (joint < threshold) break;
		at += piece.text.length;
	}
	return at;
}

/** @param typed the number of its characters that are typed; any number. */
function leftOf({ text, probability }: Piece, typed: number): number {
	if (typed <= 0) return probability;
	if (typed >= text.length) return 1;
	return probability ** ((text.length - typed) / text.length);
}

const inWord = /[\p{L}\p{N}_$]/u;

/** The last place up to `end` where a suggestion that goes on may be cut. What is typed is no part of it. */
function cutEnd(text: string, end: number, typedChars: number): number {
	if (end === text.length) return end;
	let at = wordEnd(text, stringStart(text, end, typedChars) ?? end);
	while (at > typedChars && "([{".includes(text[at - 1] ?? ""))
		at = wordEnd(text, at - 1);
	return at;
}

/** Where the string literal around `end` starts, with its prefix, as in `f"`; undefined outside of one that the line closes. */
function stringStart(
	text: string,
	end: number,
	typedChars: number,
): number | undefined {
	let quote = "";
	let start = 0;
	for (let at = text.lastIndexOf("\n", end - 1) + 1; at < text.length; at++) {
		const char = text[at] ?? "";
		if (char === "\n" || (at >= end && quote === "")) return undefined;
		if (char === "\\") at++;
		else if (char === quote) {
			if (at >= end && start >= typedChars) return prefixStart(text, start);
			quote = "";
		} else if (quote === "" && "\"'`".includes(char)) {
			quote = char;
			start = at;
		}
	}
	return undefined;
}

function prefixStart(text: string, quoteAt: number): number {
	let at = quoteAt;
	while (at > 0 && inWord.test(text[at - 1] ?? "")) at--;
	return at;
}

/** The last place up to `end` that is not inside a word, without the white space before it. */
function wordEnd(text: string, end: number): number {
	if (end === text.length) return end;
	let at = end;
	while (
		at > 0 &&
		inWord.test(text[at] ?? "") &&
		inWord.test(text[at - 1] ?? "")
	)
		at--;
	while (at > 0 && text[at - 1]?.trim() === "") at--;
	return at;
}
