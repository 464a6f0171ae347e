/** Why there is no suggestion, in words: one sentence for each reason and each filter. */

import { inEnglish, type Sentence, sentence } from "../base/sentence.ts";
import { errorSentence } from "../protocol/errors.ts";
import type { FilterName, NoSuggestionReason } from "./reasons.ts";

/** The reasons that are worded elsewhere: by the error, and by the filter. */
type WordedElsewhere = "failed" | "filtered";

export const reasonSentences = {
	off: "Completions are switched off.",
	languageOff: "Completions are switched off for {languageId}.",
	snoozed: "Completions are snoozed.",
	secretFile:
		"This file may hold secrets: nothing is suggested here without being asked for.",
	selectedEntry:
		"The suggestion does not continue the entry selected in the list of suggestions.",
	cancelled:
		"The text or the cursor moved on, or the editor stopped waiting, before there was an answer.",
	empty: "The model ends the text here.",
} as const satisfies Record<
	Exclude<NoSuggestionReason["kind"], WordedElsewhere>,
	string
>;

/** For a filter that left nothing worth showing. */
export const filterSentences: Readonly<Record<FilterName, string>> = {
	loop: "The model only repeated itself.",
	blank: "The model suggested nothing but white space.",
	repeatsSuffix: "The model repeated what already stands behind the cursor.",
};

export function reasonSentence(reason: NoSuggestionReason): Sentence {
	switch (reason.kind) {
		case "failed":
			return errorSentence(reason.error);
		case "filtered":
			return sentence(filterSentences[reason.filter], {});
		case "languageOff":
			return sentence(reasonSentences.languageOff, {
				languageId: reason.languageId,
			});
		default:
			return sentence(reasonSentences[reason.kind], {});
	}
}

/** The sentence in English. */
export function reasonText(reason: NoSuggestionReason): string {
	return inEnglish(reasonSentence(reason));
}
