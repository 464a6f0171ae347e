/** The selected entry of the suggest widget: while it is open, VS Code shows only suggestions that continue it. */

import type { DocumentSnapshot } from "../text/documentContext.ts";

export interface SelectedEntry {
	/** The range that the entry replaces, in UTF-16 units. It contains the cursor, or ends there. */
	readonly start: number;
	readonly end: number;
	readonly text: string;
}

/** The document with the entry accepted and the cursor after it. The entry's text and the suggestion then replace the entry's range. */
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
