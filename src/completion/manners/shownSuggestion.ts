/** The suggestion that the editor got last, followed through the user's edits. */

import {
	type Edit,
	type LinePlace,
	lastLine,
	lineCount,
	movedLine,
} from "./edits.ts";

/** At its place now, and where it was first shown: typing through it moves it. */
export interface ShownSuggestion {
	readonly place: LinePlace;
	readonly text: string;
	readonly origin: { readonly place: LinePlace; readonly text: string };
	readonly sinceMs: number;
}

export type AfterEdit =
	| { readonly kind: "shown"; readonly suggestion: ShownSuggestion }
	/** Something else was typed in its place. */
	| { readonly kind: "typedOver" }
	/** All of it was typed or accepted, or text before it was removed. */
	| { readonly kind: "gone" };

export function afterEdit(
	suggestion: ShownSuggestion,
	uri: string,
	edit: Edit,
): AfterEdit {
	const { place, text, origin } = suggestion;
	const { line, before, removed, inserted } = edit;
	if (uri !== place.uri) return { kind: "shown", suggestion };
	if (line !== place.line) {
		const moved = (it: LinePlace): LinePlace => ({
			...it,
			line: movedLine(it.line, edit),
		});
		return line + lineCount(removed) >= place.line && line < place.line
			? { kind: "gone" }
			: {
					kind: "shown",
					suggestion: {
						...suggestion,
						place: moved(place),
						origin: { ...origin, place: moved(origin.place) },
					},
				};
	}
	if (before !== place.before || removed !== "") return { kind: "gone" };
	const typed = typedThrough(inserted, text);
	if (typed === "") return { kind: "typedOver" };
	if (typed.length === text.length) return { kind: "gone" };
	return {
		kind: "shown",
		suggestion: {
			...suggestion,
			place: {
				...place,
				line: line + lineCount(typed),
				before: lastLine(before + typed),
				after: inserted.slice(typed.length) + place.after,
			},
			text: text.slice(typed.length),
		},
	};
}

/** The inserted text without the brackets and quotes that the editor closed behind it; empty where it is not the suggestion's. */
function typedThrough(inserted: string, text: string): string {
	let length = 0;
	while (length < inserted.length && inserted[length] === text[length])
		length++;
	return /^[\s)\]}"'`]*$/.test(inserted.slice(length))
		? inserted.slice(0, length)
		: "";
}
