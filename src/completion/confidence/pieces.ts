/** The probabilities of a suggestion: its text in pieces, as the model generated it, after the filters have cut and changed that text. */

import type { CompletionChunk } from "../../protocol/generation.ts";

/** A part of a suggestion, and the joint probability of its tokens. */
export type Piece = CompletionChunk;

/** The end of a dropped beginning is looked for by this much of the text that follows it. */
const recognizedChars = 16;

/**
 * The pieces of a text that the filters made of what was generated; their texts concatenate to it. Characters that the filters dropped
 * still count towards the probability of what comes after them, and white space that they added counts as certain. A rest that cannot be
 * found in what was generated has the joint probability of all that is left there.
 */
export function piecesOf(
	text: string,
	generated: readonly Piece[],
): readonly Piece[] {
	const pieces: Piece[] = [];
	let probability = 1;
	let from = 0;
	let to = 0;
	let dropped = droppedAtStart(text, generated);
	let isAligned = true;
	for (const piece of generated) {
		if (to === text.length) break;
		probability *= piece.probability;
		for (const char of isAligned ? piece.text.slice(dropped) : "") {
			if (to === text.length) break;
			if (text.startsWith(char, to)) to += char.length;
			else if (char.trim() !== "") {
				const found = skipSpace(text, to);
				isAligned = text.startsWith(char, found);
				if (!isAligned) break;
				to = found + char.length;
			}
		}
		dropped = Math.max(0, dropped - piece.text.length);
		if (to === from) continue;
		pieces.push({ text: text.slice(from, to), probability });
		probability = 1;
		from = to;
	}
	if (from < text.length) pieces.push({ text: text.slice(from), probability });
	return pieces;
}

/** How many characters of what was generated are missing at the start of the text, as where the model repeated what stands before the cursor. */
function droppedAtStart(text: string, generated: readonly Piece[]): number {
	const whole = generated.map((piece) => piece.text).join("");
	const [head = ""] = text.trimStart().slice(0, recognizedChars).split("\n");
	const at = head === "" ? 0 : whole.indexOf(head);
	return at > 0 && whole.slice(0, at).trim() !== "" ? at : 0;
}

function skipSpace(text: string, from: number): number {
	let at = from;
	while (at < text.length && text[at]?.trim() === "") at++;
	return at;
}
