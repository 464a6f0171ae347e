/** The text to complete for a request of VS Code, and the range that its items replace. */

import * as vscode from "vscode";
import type { LinePlace } from "../../completion/manners/edits.ts";
import { withSelectedEntry } from "../../completion/session/selectedEntry.ts";
import {
	type DocumentSnapshot,
	lineAfter,
	lineBefore,
} from "../../completion/text/documentContext.ts";
import { snapshotOf } from "./documentSnapshot.ts";

export interface CompletionTarget {
	/** The document to complete. */
	readonly snapshot: DocumentSnapshot;
	/** Replaced by an item. */
	readonly range: vscode.Range;
	/** The text in the range on either side of the suggestion: an item carries the text of the whole range. */
	readonly before: string;
	readonly after: string;
}

/**
 * VS Code shows an item only if its text begins with the text in its range, and beside the suggest widget only if
 * it continues the selected entry in that entry's range. There the target is the document with the entry accepted, unless the
 * suggestion cached for the document as it is continues the entry anyway.
 */
export function targetOf(
	document: vscode.TextDocument,
	position: vscode.Position,
	{ selectedCompletionInfo: selected }: vscode.InlineCompletionContext,
	cached: (snapshot: DocumentSnapshot) => { readonly text: string } | undefined,
): CompletionTarget {
	const snapshot = snapshotOf(document, position);
	const range =
		selected?.range ??
		new vscode.Range(position.with({ character: 0 }), position);
	const before = document.getText(range.with({ end: position }));
	const after = document.getText(range.with({ start: position }));
	const withoutEntry = { snapshot, range, before, after };
	if (!selected) return withoutEntry;
	const { text } = selected;
	const suggested = cached(snapshot)?.text;
	if (suggested !== undefined && `${before}${suggested}`.startsWith(text))
		return withoutEntry;
	const start = snapshot.offset - before.length;
	const end = snapshot.offset + after.length;
	return {
		snapshot: withSelectedEntry(snapshot, { start, end, text }),
		range,
		before: text,
		after: "",
	};
}

export function linePlaceOf(
	{ snapshot: { uri, text, offset } }: CompletionTarget,
	{ line }: vscode.Position,
): LinePlace {
	return {
		uri,
		line,
		before: lineBefore(text, offset),
		after: lineAfter(text, offset),
	};
}

/** @param acceptedCommand VS Code runs it when it has inserted the item. */
export function itemFor(
	suggestion: string,
	{ range, before, after }: CompletionTarget,
	acceptedCommand: string,
): vscode.InlineCompletionItem {
	const item = new vscode.InlineCompletionItem(
		before + suggestion + after,
		range,
	);
	item.command = { command: acceptedCommand, title: "" };
	return item;
}
