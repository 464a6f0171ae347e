/** Why there is no suggestion. Silence is a value that can be asked about. */

import type { HeadroomError } from "../protocol/errors.ts";

export type NoSuggestionReason =
	/** The document or the cursor moved on before there was an answer. */
	| { readonly kind: "cancelled" }
	/** The engine or the model could not answer. */
	| { readonly kind: "failed"; readonly error: HeadroomError }
	/** The model ended the text at once. */
	| { readonly kind: "empty" }
	/** Nothing but white space. */
	| { readonly kind: "blank" }
	/** The model repeats itself from the first line on. */
	| { readonly kind: "loop" }
	/** Nothing that does not already stand behind the cursor. */
	| { readonly kind: "repeatsSuffix" };
