/** Why there is no suggestion, as values. */

import type { HeadroomError } from "../../protocol/errors.ts";

/** Every filter in the order in which they run: for the log, for "Why No Suggestion?" and for the benchmark's counts. */
export const filterNames = [
	/** A character that cannot be seen, or changes the order of others. */
	"hiddenText",
	/** A reasoning model thinks first. */
	"reasoning",
	/** A special token of the model arrives as plain text. */
	"specialToken",
	/** The text is in a code fence, as in a chat. */
	"fence",
	/** The model repeats the prompt's file headers: a path, or the start of the next file. */
	"promptEcho",
	/** The model repeats the current line from its start. */
	"repeatsPrefix",
	/** Only one line was requested. */
	"lineEnd",
	/** The model repeats itself. */
	"loop",
	/** The string literal at the cursor is already closed. */
	"closingQuote",
	/** The bracket at the cursor is already closed. */
	"closedBySuffix",
	/** The text after the cursor on the same line. */
	"repeatsSuffix",
	/** A closing bracket without a match, or one that is already below. */
	"unmatchedCloser",
	/** A third blank line in a row. */
	"blankLines",
	/** A space after a space. */
	"doubleSpace",
	/** Not the document's indentation. */
	"indentation",
	/** A blank line ends a block. */
	"blankLine",
	/** The block is complete. */
	"blockEnd",
	/** The same key twice, which JSON and YAML do not allow. */
	"duplicateKey",
	/** The lines below the cursor. */
	"repeatsBelow",
	/** The same lines again, or endless counting. */
	"repeatedLines",
	/** Too many lines to read. */
	"maxLines",
	/** A comment without text. */
	"emptyComment",
	/** White space at the end of a line. */
	"trailingSpace",
	/** Only white space. */
	"blank",
	/** The lines above the cursor. */
	"repeatsAbove",
] as const;
export type FilterName = (typeof filterNames)[number];

export type NoSuggestionReason =
	/** Completions are turned off. */
	| { readonly kind: "off" }
	/** Completions are turned off for this language. */
	| { readonly kind: "languageOff"; readonly languageId: string }
	/** The user has snoozed completions. */
	| { readonly kind: "snoozed" }
	/** The file may contain secrets: only explicit requests are answered there. */
	| { readonly kind: "secretFile" }
	/** The cursor is inside a word: only explicit requests are answered there. */
	| { readonly kind: "midWord" }
	/** The cursor is on a blank line, left of its block's indentation: there Tab indents. */
	| { readonly kind: "leftOfBlock" }
	/** The user rejected the same suggestion here. */
	| { readonly kind: "rejected" }
	/** The suggestion would restore what the user has just deleted or undone. */
	| { readonly kind: "restoresDeleted" }
	/** The suggestion used a name that is defined nowhere. */
	| { readonly kind: "unresolvedName" }
	/** Too few characters to notice. */
	| { readonly kind: "tooShort" }
	/** The document or the cursor changed before the answer was ready. */
	| { readonly kind: "cancelled" }
	/** The engine or the model failed. */
	| { readonly kind: "failed"; readonly error: HeadroomError }
	/** The model ended the text at once. */
	| { readonly kind: "empty" }
	/** The model was not sure enough of its text, by `headroom.completion.confidence`. */
	| { readonly kind: "unsure" }
	/** A filter left nothing worth showing. */
	| { readonly kind: "filtered"; readonly filter: FilterName };
