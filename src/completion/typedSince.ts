/** Whether someone only typed on at the cursor, and what. */

import type { DocumentSnapshot } from "./documentContext.ts";

/**
 * The text typed at the cursor between two states of a document, with plain line feeds; empty where nothing changed, undefined where
 * anything else did.
 */
export function typedSince(
	from: DocumentSnapshot,
	to: DocumentSnapshot,
): string | undefined {
	const typedLength = to.offset - from.offset;
	if (
		to.uri !== from.uri ||
		typedLength < 0 ||
		to.text.length !== from.text.length + typedLength ||
		!to.text.startsWith(from.text.slice(0, from.offset)) ||
		!to.text.endsWith(from.text.slice(from.offset))
	)
		return undefined;
	return to.text.slice(from.offset, to.offset).replace(/\r\n?/g, "\n");
}

/** Whether what was typed may still turn out to be what is suggested, as far as either is known. */
export function agree(typed: string, suggested: string): boolean {
	return typed.startsWith(suggested) || suggested.startsWith(typed);
}
