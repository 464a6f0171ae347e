/** Why there is no suggestion. Silence is a value that can be asked about. */

import type { HeadroomError } from "../../protocol/errors.ts";

/**
 * Every rule on a suggestion by name, in the order in which they look at it: for the log, for "Why no suggestion?" and for the
 * counts of the benchmark.
 */
export const filterNames = [
	/** A reasoning model thinks aloud first. */
	"reasoning",
	/** A marker of the model's format comes as plain text. */
	"specialToken",
	/** The text is wrapped as in a chat. */
	"fence",
	/** The model repeats the frame of the prompt: a path, the head of the next file. */
	"promptEcho",
	/** The model begins the current line anew. */
	"repeatsPrefix",
	/** One line was asked for. */
	"lineEnd",
	/** The model repeats itself. */
	"loop",
	/** The string literal at the cursor is closed already. */
	"closingQuote",
	/** The bracket at the cursor is closed already. */
	"closedBySuffix",
	/** What already stands right of the cursor. */
	"repeatsSuffix",
	/** A closing bracket that nothing opens, or that stands below already. */
	"unmatchedCloser",
	/** A third blank line in a row. */
	"blankLines",
	/** A space after a space. */
	"doubleSpace",
	/** Indented unlike the document. */
	"indentation",
	/** A blank line ends a block. */
	"blankLine",
	/** The block is complete. */
	"blockEnd",
	/** The same key twice, which no JSON or YAML may have. */
	"duplicateKey",
	/** The lines that already stand below. */
	"repeatsBelow",
	/** The same lines again, or a count without end. */
	"repeatedLines",
	/** More lines than anyone reads. */
	"maxLines",
	/** A comment that says nothing. */
	"emptyComment",
	/** White space that nobody sees. */
	"trailingSpace",
	/** Nothing but white space. */
	"blank",
	/** The lines that already stand above. */
	"repeatsAbove",
] as const;
export type FilterName = (typeof filterNames)[number];

export type NoSuggestionReason =
	/** Completions are switched off. */
	| { readonly kind: "off" }
	/** Completions are switched off for this language. */
	| { readonly kind: "languageOff"; readonly languageId: string }
	/** The user asked for quiet. */
	| { readonly kind: "snoozed" }
	/** The file looks as if it held secrets: there, nothing is suggested without being asked for. */
	| { readonly kind: "secretFile" }
	/** The cursor is inside a word: there, nothing is suggested without being asked for. */
	| { readonly kind: "midWord" }
	/** The document or the cursor moved on before there was an answer. */
	| { readonly kind: "cancelled" }
	/** The engine or the model could not answer. */
	| { readonly kind: "failed"; readonly error: HeadroomError }
	/** The model ended the text at once. */
	| { readonly kind: "empty" }
	/** A rule left nothing of the text worth showing. */
	| { readonly kind: "filtered"; readonly filter: FilterName };
