/**
 * When to show what is known. A suggestion that flashes up between two keys distracts and is never read, so it is shown when the user slows
 * down; at once where the user waits for it, or where it is most likely right.
 */

import { jointProbability } from "../confidence/gate.ts";
import { type DocumentSnapshot, lineBefore } from "../text/documentContext.ts";
import {
	type FoundSuggestion,
	type Place,
	placeOf,
	samePlace,
} from "./suggestion.ts";
import { TypingRhythm } from "./typingRhythm.ts";

/** More likely right than not, so worth a look between two keys. */
const sureProbability = 0.5;

export class ShowTiming {
	readonly #rhythm = new TypingRhythm();
	/** Where a suggestion was accepted: the user waits for the next one. */
	#accepted: Place | undefined;

	key(nowMs: number): void {
		this.#rhythm.key(nowMs);
	}

	acceptedAt(place: Place | undefined): void {
		this.#accepted = place;
	}

	/** How long to wait for another key before it is shown, or before a request is worth its power. */
	waitMs(
		snapshot: DocumentSnapshot,
		nowMs: number,
		suggestion?: FoundSuggestion,
	): number {
		const isAwaited =
			lineBefore(snapshot.text, snapshot.offset).trim() === "" ||
			(this.#accepted && samePlace(this.#accepted, placeOf(snapshot)));
		return isAwaited || (suggestion && isSure(suggestion))
			? 0
			: this.#rhythm.untilSlowMs(nowMs);
	}
}

function isSure({ pieces, typedChars, text }: FoundSuggestion): boolean {
	const end = typedChars + text.length;
	return jointProbability(pieces, typedChars, end) >= sureProbability;
}
