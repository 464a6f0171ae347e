/** Type-through: what the user typed at the cursor since a suggestion was made, and what is left of the suggestion. */

import { codeBefore } from "../text/codeBefore.ts";
import { CodeScanner } from "../text/codeScanner.ts";
import {
	type DocumentSnapshot,
	withUnixLineEnds,
} from "../text/documentContext.ts";

/** Line ends are `\n`. */
export interface TypedText {
	readonly text: string;
	/** What the editor inserted after the cursor meanwhile: closing brackets and quotes, on lines of their own for a block. */
	readonly closers: string;
}

/** Enough of the text around a place to recognize it. */
export interface PlaceText {
	readonly offset: number;
	readonly before: string;
	readonly after: string;
	/** Whether the document ends with `after`. */
	readonly reachesEnd: boolean;
}

/** Of the text on each side of a place. */
export const comparedChars = 512;

export function placeText({ text, offset }: DocumentSnapshot): PlaceText {
	const after = text.slice(offset, offset + comparedChars);
	return {
		offset,
		before: text.slice(Math.max(0, offset - comparedChars), offset),
		after,
		reachesEnd: offset + after.length === text.length,
	};
}

const maxClosers = 64;
const onlyClosers = /^[\s)\]}"'`]*$/;

/** Whether nothing but closing brackets, quotes and separators stands behind the cursor on its line. */
export function onlyClosersBehind({ text, offset }: DocumentSnapshot): boolean {
	const behind = text.slice(offset, offset + comparedChars);
	return /^[\s)\]}"'`;,]*$/.test(behind.split("\n", 1)[0] ?? "");
}

/** What was typed at a place since; empty where nothing changed, undefined where something else changed. */
export function typedAt(
	{ offset, before, after, reachesEnd }: PlaceText,
	to: Pick<DocumentSnapshot, "text" | "offset">,
): TypedText | undefined {
	if (to.offset < offset || !to.text.startsWith(before, offset - before.length))
		return undefined;
	const closers = closersSince({ after, reachesEnd }, to);
	if (closers === undefined) return undefined;
	return { text: withUnixLineEnds(to.text.slice(offset, to.offset)), closers };
}

/** What the editor inserted after the cursor since; empty where nothing, undefined where something else changed there. */
export function closersSince(
	{ after, reachesEnd }: Pick<PlaceText, "after" | "reachesEnd">,
	{ text, offset }: Pick<DocumentSnapshot, "text" | "offset">,
): string | undefined {
	const behind = text.slice(offset, offset + maxClosers);
	for (let length = 0; length <= behind.length; length++) {
		const closers = behind.slice(0, length);
		if (!onlyClosers.test(closers)) return undefined;
		const end = offset + length + after.length;
		if (
			text.startsWith(after, offset + length) &&
			(!reachesEnd || end === text.length)
		)
			return withUnixLineEnds(closers);
	}
	return undefined;
}

/** The same between two snapshots, whose whole texts are compared. */
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

/** Whether one is a prefix of the other: the typed text may still turn out to be the suggestion. */
export function agree({ text }: TypedText, suggested: string): boolean {
	return text.startsWith(suggested) || suggested.startsWith(text);
}

/**
 * What is left of a suggestion whose beginning was typed, without the brackets that the editor has already closed. Undefined where nothing
 * is left, or something else was typed.
 */
export function restOf(
	suggested: string,
	{ text, closers }: TypedText,
	here: CodePlace,
): string | undefined {
	if (!suggested.startsWith(text)) return undefined;
	const rest = suggested.slice(text.length);
	const left = closers === "" ? rest : upToCloser(rest, closers, here);
	return left.trim() === "" ? undefined : left;
}

type CodePlace = Pick<DocumentSnapshot, "text" | "offset" | "languageId">;

function upToCloser(rest: string, closers: string, here: CodePlace): string {
	const closer = closers.trimStart()[0];
	const scanner = new CodeScanner(here.languageId, codeBefore(here));
	const { quote } = scanner;
	for (let at = 0; at < rest.length; at++) {
		const char = rest[at] ?? "";
		const wasIn = !scanner.hasLeftStart;
		const isUnmatched = scanner.read(char);
		const closesQuote =
			wasIn && scanner.hasLeftStart && quote !== "" && quote[0] === closer;
		if (!closesQuote && !(isUnmatched && char === closer)) continue;
		const inside = rest.slice(0, at + 1 - (closesQuote ? quote.length : 1));
		// The line end before the closer is already in the document.
		return closers.startsWith("\n") ? inside.trimEnd() : inside;
	}
	return rest;
}
