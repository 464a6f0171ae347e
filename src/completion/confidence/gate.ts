/** Which part of a suggestion is shown unasked: as much as the model is sure of. */

import { cutPlace, minShownChars } from "../text/cutPlace.ts";
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
	shownPart(
		pieces: readonly Piece[],
		typedChars: number,
		languageId: string,
	): string;
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
		shownPart: (pieces, typedChars, languageId) =>
			surePart(pieces, typedChars, threshold(), languageId),
		isEnough: (pieces, typedChars) =>
			jointProbability(pieces, typedChars, Number.POSITIVE_INFINITY) <
			threshold(),
		get minProbability() {
			return threshold() * minThresholdShare;
		},
	};
}

/**
 * The part in which the joint probability of the tokens that are not yet typed stays at the threshold or above, up to the end of a word,
 * and not inside a string literal that it begins, or right behind a bracket that it opens.
 * Of a token that is typed in part, only the rest counts: its probability is taken as spread evenly over its characters.
 */
export function surePart(
	pieces: readonly Piece[],
	typedChars: number,
	threshold: number,
	languageId: string,
): string {
	const text = pieces.map((piece) => piece.text).join("");
	const endAt = (at: number) =>
		at === text.length ? at : cutPlace(text, at, typedChars, languageId);
	let end = endAt(sureEnd(pieces, typedChars, threshold));
	while (end > typedChars) {
		// Fewer characters are left only where they were shown when there were more of them.
		const from = Math.min(typedChars, end - minShownChars);
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
