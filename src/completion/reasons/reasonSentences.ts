/** The sentence for each reason why there is no suggestion, and for each filter. Users read them in "Why No Suggestion?". */

import { inEnglish, type Sentence, sentence } from "../../base/sentence.ts";
import { errorSentence } from "../../protocol/errors.ts";
import type { FilterName, NoSuggestionReason } from "./reasons.ts";

/** Reasons whose sentence is that of the error, or of the filter. */
type WordedElsewhere = "failed" | "filtered";

export const reasonSentences = {
	off: "Completions are turned off.",
	languageOff: "Completions are turned off for {languageId}.",
	snoozed: "Completions are snoozed.",
	secretFile:
		"This file may contain secrets, so nothing is suggested automatically.",
	midWord:
		"The cursor is inside a word, so nothing is suggested automatically.",
	leftOfBlock:
		"The cursor is left of the block's indentation, where Tab indents, so nothing is suggested automatically.",
	rejected:
		"You rejected this suggestion here: it is not shown again until the line changes.",
	restoresDeleted:
		"The suggestion would restore what you have just deleted or undone.",
	unresolvedName: "The suggestion used a name that is defined nowhere.",
	tooShort: "The suggestion was shorter than three characters.",
	cancelled:
		"The text or the cursor changed, or the editor stopped waiting, before the answer was ready.",
	empty: "The model generated no text.",
	unsure: "The model was not sure enough of its text to show it unasked.",
} as const satisfies Record<
	Exclude<NoSuggestionReason["kind"], WordedElsewhere>,
	string
>;

/** For a filter that left nothing worth showing. */
export const filterSentences: Readonly<Record<FilterName, string>> = {
	hiddenText: "The model generated characters that cannot be seen.",
	reasoning: "The model generated only reasoning.",
	specialToken: "The model generated only special tokens.",
	fence: "The model generated prose instead of code.",
	promptEcho: "The model repeated the file headers of the prompt.",
	repeatsPrefix: "The model repeated the text before the cursor.",
	lineEnd: "The model suggested nothing on this line.",
	loop: "The model repeated itself in a loop.",
	closingQuote: "The model only closed a string that is already closed.",
	closedBySuffix: "The model only closed a bracket that is already closed.",
	repeatsSuffix: "The model repeated the text after the cursor.",
	unmatchedCloser: "The model closed a bracket that was never opened.",
	blankLines: "The model suggested only blank lines.",
	doubleSpace: "The model suggested only a space.",
	indentation: "The model suggested only indentation.",
	blankLine: "The model ended the block with a blank line.",
	blockEnd: "The model ended the block.",
	duplicateKey: "The model repeated a key that already exists.",
	repeatsBelow: "The model repeated the lines below the cursor.",
	repeatedLines: "The model repeated the same lines.",
	maxLines: "The suggestion had too many lines.",
	emptyComment: "The model suggested an empty comment.",
	trailingSpace: "The model suggested only trailing spaces.",
	blank: "The model suggested only white space.",
	repeatsAbove: "The model repeated the lines above the cursor.",
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

/** In English. */
export function reasonText(reason: NoSuggestionReason): string {
	return inEnglish(reasonSentence(reason));
}
