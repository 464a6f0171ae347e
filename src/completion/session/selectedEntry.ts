/** The entry selected in the suggest widget: VS Code shows only suggestions that continue it. */

import type { DocumentSnapshot } from "../text/documentContext.ts";

export interface SelectedEntry {
	/** What the entry replaces, in UTF-16 units. The cursor is in it, or at its end. */
	readonly start: number;
	readonly end: number;
	readonly text: string;
}

/**
 * The document as it is once the entry is taken, with the cursor behind it. A suggestion made there, put behind the entry's text,
 * replaces the entry's range.
 */
export function withSelectedEntry(
	snapshot: DocumentSnapshot,
	{ start, end, text }: SelectedEntry,
): DocumentSnapshot {
	return {
		...snapshot,
		text: snapshot.text.slice(0, start) + text + snapshot.text.slice(end),
		offset: start + text.length,
	};
}
