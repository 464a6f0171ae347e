/**
 * Answers under their context, which is the text before their line and the text after the cursor, and found again by the text of the line:
 * whoever types, deletes and types again finds them, and so does one who types through them.
 */

import type { Piece } from "../confidence/pieces.ts";
import {
	type DocumentSnapshot,
	lineBefore,
	lineStart,
	withUnixLineEnds,
} from "../text/documentContext.ts";
import {
	closersSince,
	comparedChars,
	placeText,
	restOf,
} from "./typedSince.ts";

/** What was answered at a place. */
export interface Answer {
	/** The texts of the pieces together. */
	readonly text: string;
	readonly pieces: readonly Piece[];
	readonly requestId: string;
	/** False where the request was given up: then the text may go on. */
	readonly isWhole: boolean;
}

/** What is left of an answer. */
export interface FoundAnswer extends Answer {
	/** How many characters of the pieces come before the text. */
	readonly typedChars: number;
	/** Whether the answer was made behind the cursor, before something was deleted, and its first characters were in the document then. */
	readonly isPrepended: boolean;
}

interface Entry extends Answer {
	readonly context: string;
	/** The line up to the cursor, where the answer was made. */
	readonly line: string;
	readonly after: string;
	/** Whether the document ends with `after`. */
	readonly reachesEnd: boolean;
}

export interface AnswerCacheLimits {
	readonly maxEntries: number;
	readonly maxChars: number;
}

/** A longer line is no code that someone writes. */
const maxLineChars = 4096;
/** Of an answer that is typed through: it has fewer lines. */
const maxTypedLines = 32;
/** An answer made behind the cursor still serves after so many characters were deleted. */
const maxDeletedChars = 8;

export class AnswerCache {
	readonly #limits: AnswerCacheLimits;
	/** The oldest first. */
	readonly #entries = new Set<Entry>();
	readonly #byContext = new Map<string, Set<Entry>>();
	#chars = 0;

	constructor(
		limits: AnswerCacheLimits = { maxEntries: 256, maxChars: 512 * 1024 },
	) {
		this.#limits = limits;
	}

	put(snapshot: DocumentSnapshot, answer: Answer): void {
		const { text, offset } = snapshot;
		const line = lineBefore(text, offset);
		if (line.length > maxLineChars) return;
		const context = contextAt(snapshot, offset - line.length);
		const { after, reachesEnd } = placeText(snapshot);
		for (const it of this.#byContext.get(context) ?? [])
			if (it.line === line && it.after === after) {
				// A part of what is known already tells nothing.
				if (!answer.isWhole && it.text.startsWith(answer.text)) return;
				if (!it.isWhole || it.text === answer.text) this.#delete(it);
			}
		this.#add({ ...answer, context, line, after, reachesEnd });
	}

	/** What is left here of the answer that fits best: whole, not from behind the cursor, with most text known when it was made. */
	find(here: DocumentSnapshot): FoundAnswer | undefined {
		let best: FoundAnswer | undefined;
		for (const start of lineStarts(here)) {
			const entries = this.#byContext.get(contextAt(here, start));
			if (!entries) continue;
			const line = withUnixLineEnds(here.text.slice(start, here.offset));
			for (const entry of entries) {
				const it = candidate(entry, line, here);
				// The newest last.
				if (it && (!best || !isBetter(best, it))) best = it;
			}
		}
		return best;
	}

	clear(): void {
		this.#entries.clear();
		this.#byContext.clear();
		this.#chars = 0;
	}

	#add(entry: Entry): void {
		this.#entries.add(entry);
		const same = this.#byContext.get(entry.context) ?? new Set();
		this.#byContext.set(entry.context, same.add(entry));
		this.#chars += charsOf(entry);
		const { maxEntries, maxChars } = this.#limits;
		for (const oldest of this.#entries) {
			if (this.#entries.size <= maxEntries && this.#chars <= maxChars) break;
			this.#delete(oldest);
		}
	}

	#delete(entry: Entry): void {
		this.#entries.delete(entry);
		this.#chars -= charsOf(entry);
		const same = this.#byContext.get(entry.context);
		same?.delete(entry);
		if (same?.size === 0) this.#byContext.delete(entry.context);
	}
}

function candidate(
	entry: Entry,
	line: string,
	here: DocumentSnapshot,
): FoundAnswer | undefined {
	const closers = closersSince(entry, here);
	if (closers === undefined) return undefined;
	const { requestId, isWhole } = entry;
	if (line.startsWith(entry.line)) {
		const typed = line.slice(entry.line.length);
		const text = restOf(entry.text, { text: typed, closers }, here);
		return text === undefined
			? undefined
			: {
					text,
					pieces: entry.pieces,
					typedChars: typed.length,
					requestId,
					isWhole,
					isPrepended: false,
				};
	}
	const deleted = entry.line.slice(line.length);
	if (
		closers !== "" ||
		deleted.length > maxDeletedChars ||
		!entry.line.startsWith(line)
	)
		return undefined;
	return {
		text: deleted + entry.text,
		pieces: [{ text: deleted, probability: 1 }, ...entry.pieces],
		typedChars: 0,
		requestId,
		isWhole,
		isPrepended: true,
	};
}

function isBetter(a: FoundAnswer, b: FoundAnswer): boolean {
	if (a.isPrepended !== b.isPrepended) return b.isPrepended;
	if (a.isWhole !== b.isWhole) return a.isWhole;
	return a.isPrepended
		? a.text.length < b.text.length
		: a.typedChars < b.typedChars;
}

/** The start of the line, and of the lines above it. */
function* lineStarts({ text, offset }: DocumentSnapshot): Generator<number> {
	let end = offset;
	for (let line = 0; line < maxTypedLines && end >= 0; line++) {
		const before = text.slice(Math.max(0, end - maxLineChars - 1), end);
		const start = end - before.length + lineStart(before, before.length);
		if (offset - start > maxLineChars) return;
		yield start;
		end = start - (text.startsWith("\r\n", start - 2) ? 2 : 1);
	}
}

function contextAt({ uri, text }: DocumentSnapshot, lineStart: number): string {
	const from = Math.max(0, lineStart - comparedChars);
	return `${uri}\n${withUnixLineEnds(text.slice(from, lineStart))}`;
}

function charsOf({ context, line, after, text }: Entry): number {
	return context.length + line.length + after.length + text.length;
}
