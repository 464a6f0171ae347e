/** The suggestion that the user may see: as long as it is typed through exactly, nothing else takes its place. */

import type { DocumentSnapshot } from "../text/documentContext.ts";
import { type FoundSuggestion, fromCache } from "./suggestion.ts";
import { type PlaceText, placeText, restOf, typedAt } from "./typedSince.ts";

export class GivenText {
	#given:
		| {
				readonly uri: string;
				readonly place: PlaceText;
				readonly suggestion: FoundSuggestion;
		  }
		| undefined;

	give(snapshot: DocumentSnapshot, suggestion: FoundSuggestion): void {
		const { uri } = snapshot;
		this.#given = { uri, place: placeText(snapshot), suggestion };
	}

	/** What is left of it. Undefined where nothing is left, or something else was typed. */
	restAt(here: DocumentSnapshot): FoundSuggestion | undefined {
		const given = this.#given;
		if (!given || given.uri !== here.uri) return undefined;
		const typed = typedAt(given.place, here);
		const text = typed && restOf(given.suggestion.text, typed, here);
		if (text === undefined) return undefined;
		const typedChars = given.suggestion.typedChars + (typed?.text.length ?? 0);
		return fromCache({ ...given.suggestion, text, typedChars });
	}

	clear(): void {
		this.#given = undefined;
	}
}
