/** Why there is no suggestion, in words: one sentence for each reason and each filter. */

import { inEnglish, type Sentence, sentence } from "../../base/sentence.ts";
import { errorSentence } from "../../protocol/errors.ts";
import type { FilterName, NoSuggestionReason } from "./reasons.ts";

/** The reasons that are worded elsewhere: by the error, and by the filter. */
type WordedElsewhere = "failed" | "filtered";

export const reasonSentences = {
	off: "Completions are switched off.",
	languageOff: "Completions are switched off for {languageId}.",
	snoozed: "Completions are snoozed.",
	secretFile:
		"This file may hold secrets: nothing is suggested here without being asked for.",
	midWord:
		"The cursor is inside a word: nothing is suggested here without being asked for.",
	cancelled:
		"The text or the cursor moved on, or the editor stopped waiting, before there was an answer.",
	empty: "The model ends the text here.",
} as const satisfies Record<
	Exclude<NoSuggestionReason["kind"], WordedElsewhere>,
	string
>;

/** For a filter that left nothing worth showing. */
export const filterSentences: Readonly<Record<FilterName, string>> = {
	reasoning: "The model only thought aloud.",
	specialToken: "The model wrote markers of its own format and no text.",
	fence: "The model wrote prose and no code.",
	promptEcho: "The model repeated the frame of the prompt.",
	repeatsPrefix: "The model repeated what stands before the cursor.",
	lineEnd: "The model suggested nothing on this line.",
	loop: "The model only repeated itself.",
	closingQuote: "The model only closed a string that is closed already.",
	closedBySuffix: "The model only closed a bracket that is closed already.",
	repeatsSuffix: "The model repeated what already stands behind the cursor.",
	unmatchedCloser: "The model closed a bracket that nothing opens.",
	blankLines: "The model suggested nothing but blank lines.",
	doubleSpace: "The model suggested nothing but a space.",
	indentation: "The model suggested nothing but indentation.",
	blankLine: "The model ended the block with a blank line.",
	blockEnd: "The model ended the block.",
	duplicateKey: "The model repeated a key that stands there already.",
	repeatsBelow: "The model repeated what already stands below.",
	repeatedLines: "The model repeated the same lines.",
	maxLines: "The suggestion had more lines than anyone reads.",
	emptyComment: "The model suggested an empty comment.",
	trailingSpace: "The model suggested nothing but spaces at the end of a line.",
	blank: "The model suggested nothing but white space.",
	repeatsAbove: "The model repeated what already stands above.",
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
