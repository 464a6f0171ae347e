/** Whether someone only typed on at the cursor, and what; and what that leaves of a suggestion. */

import { BracketScanner } from "../text/brackets.ts";
import {
	type DocumentSnapshot,
	lineBefore,
	withUnixLineEnds,
} from "../text/documentContext.ts";

/** Line ends are `\n`. */
export interface TypedText {
	readonly text: string;
	/** What the editor put behind the cursor meanwhile: the other half of a bracket or quote that was typed, on lines of its own for a block. */
	readonly closers: string;
}

/** The text before and behind a place, as far as it tells the place from others. */
export interface PlaceText {
	readonly offset: number;
	readonly before: string;
	readonly after: string;
	/** Whether the document ends with `after`. */
	readonly reachesEnd: boolean;
}

const maxClosers = 64;
const onlyClosers = /^[\s)\]}"'`]*$/;

/** What was typed at a place since; empty where nothing changed, undefined where anything else did. */
export function typedAt(
	{ offset, before, after, reachesEnd }: PlaceText,
	to: Pick<DocumentSnapshot, "text" | "offset">,
): TypedText | undefined {
	if (to.offset < offset || !to.text.startsWith(before, offset - before.length))
		return undefined;
	const behind = to.text.slice(to.offset, to.offset + maxClosers);
	for (let length = 0; length <= behind.length; length++) {
		const closers = behind.slice(0, length);
		if (!onlyClosers.test(closers)) return undefined;
		const end = to.offset + length + after.length;
		if (
			!to.text.startsWith(after, to.offset + length) ||
			(reachesEnd && end !== to.text.length)
		)
			continue;
		const text = withUnixLineEnds(to.text.slice(offset, to.offset));
		return { text, closers: withUnixLineEnds(closers) };
	}
	return undefined;
}

/** The same between two states of a document, compared as a whole. */
export function typedSince(
	from: DocumentSnapshot,
	to: DocumentSnapshot,
): TypedText | undefined {
	if (to.uri !== from.uri) return undefined;
	const { text, offset } = from;
	const before = text.slice(0, offset);
	const after = text.slice(offset);
	return typedAt({ offset, before, after, reachesEnd: true }, to);
}

/** Whether what was typed may still turn out to be what is suggested, as far as either is known. */
export function agree({ text }: TypedText, suggested: string): boolean {
	return text.startsWith(suggested) || suggested.startsWith(text);
}

/**
 * What is left of a suggestion whose beginning was typed: up to what the editor has closed already. Undefined where nothing is left,
 * or something else was typed.
 */
export function restOf(
	suggested: string,
	{ text, closers }: TypedText,
	here: Pick<DocumentSnapshot, "text" | "offset">,
): string | undefined {
	if (!suggested.startsWith(text)) return undefined;
	const rest = suggested.slice(text.length);
	const left = closers === "" ? rest : upToCloser(rest, closers, here);
	return left.trim() === "" ? undefined : left;
}

function upToCloser(
	rest: string,
	closers: string,
	{ text, offset }: Pick<DocumentSnapshot, "text" | "offset">,
): string {
	const closer = closers.trimStart()[0];
	const scanner = new BracketScanner(lineBefore(text, offset));
	for (let at = 0; at < rest.length; at++) {
		const char = rest[at] ?? "";
		const wasOpen = scanner.quote;
		const isUnmatched = scanner.read(char);
		const closesQuote = wasOpen === closer && scanner.quote === "";
		if (!closesQuote && !(isUnmatched && char === closer)) continue;
		const inside = rest.slice(0, at);
		// A line end before the closer is there already.
		return closers.startsWith("\n") ? inside.trimEnd() : inside;
	}
	return rest;
}
