/** Why there is no suggestion. Silence is a value that can be asked about. */

import type { HeadroomError } from "../protocol/errors.ts";

/** Every rule on a suggestion by name: for the log, for "Why no suggestion?" and for the counts of the benchmark. */
export const filterNames = [
	/** The model repeats itself. */
	"loop",
	/** Nothing but white space. */
	"blank",
	/** Nothing that does not already stand behind the cursor. */
	"repeatsSuffix",
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
	/** The entry selected in the suggest widget is not how the suggestion begins. */
	| { readonly kind: "selectedEntry" }
	/** The document or the cursor moved on before there was an answer. */
	| { readonly kind: "cancelled" }
	/** The engine or the model could not answer. */
	| { readonly kind: "failed"; readonly error: HeadroomError }
	/** The model ended the text at once. */
	| { readonly kind: "empty" }
	/** A rule left nothing of the text worth showing. */
	| { readonly kind: "filtered"; readonly filter: FilterName };
