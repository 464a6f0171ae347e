/**
 * Edit frames: the text of a file as prompts have it while the user types at one place.
 *
 * A prompt has the text after the cursor before what is typed, and each change to it costs everything that follows it in the KV cache. So
 * the texts before and after a place are frozen when an edit begins there, and all that is typed since, over line ends, goes to the end of
 * the prompt, where it only appends.
 */

import {
	blocksBefore,
	type DocumentSnapshot,
	endOfLongLine,
	isSuffixCut,
	lineStart,
	maxPrefixChars,
	suffixAfter,
	withUnixLineEnds,
} from "./documentContext.ts";
import { isSamePrefix, isSameSuffix, type Sameness } from "./frameTolerance.ts";

/** The text of the file in a prompt. Line ends are `\n`. */
export interface FramedText {
	readonly frame: EditFrame;
	/** See `FimRequest.typed`. */
	readonly typed: string;
}

export interface FrameFit {
	readonly typed: string;
	/** Whether the frame is what the document has around the typed text, without any tolerance. */
	readonly isExact: boolean;
}

/** What is typed stays behind the frame up to here; the engine has room for 256 tokens of it. The current line may be longer. */
const maxTypedLines = 20;
const maxTypedChars = 800;

/**
 * A frame begins this many lines above the cursor, so that deleting back over a line end leaves it as it is. Models do not answer worse for it:
 * see docs/completion-benchmark.md.
 */
const linesAbove = 2;
const maxCharsAbove = 240;

/** Text before the frame by which its start is found again, after edits further up. */
const anchorChars = 256;

/** Where the same text comes again and again, each of its ends may be where the frame begins. */
const maxStarts = 64;

/** Of the text before the cursor's line, as much is compared: more than a frame has, to see what was inserted. */
const comparedChars = maxPrefixChars + 8 * 1024;

export class EditFrame {
	/** See `FimRequest.prefixBlocks`. */
	readonly prefixBlocks: readonly string[];
	readonly suffix: string;
	readonly #prefix: string;
	/** Whether the prefix begins where the document does. */
	readonly #isFromStart: boolean;
	/** Whether the document goes on behind the suffix. */
	readonly #isSuffixCut: boolean;

	private constructor(text: string, start: number, offset: number) {
		this.prefixBlocks = blocksBefore(text, start);
		this.suffix = suffixAfter(text, offset);
		this.#prefix = this.prefixBlocks.join("");
		this.#isFromStart = start <= maxPrefixChars;
		this.#isSuffixCut = isSuffixCut(text, offset);
	}

	/** A frame of the document as it is, with the cursor in it. */
	static around({
		text,
		offset,
	}: Pick<DocumentSnapshot, "text" | "offset">): FramedText {
		const start = startOf(text, offset);
		return {
			frame: new EditFrame(text, start, offset),
			typed: endOfLongLine(withUnixLineEnds(text.slice(start, offset))),
		};
	}

	/** What stands between prefix and suffix now. Undefined where that is too much, or the document has changed too much around it. */
	fit(
		{ text, offset }: Pick<DocumentSnapshot, "text" | "offset">,
		sameness: Sameness,
	): FrameFit | undefined {
		const suffix = suffixAfter(text, offset);
		const isSuffixExact = suffix === this.suffix;
		if (
			!isSuffixExact &&
			!isSameSuffix(
				{ text: this.suffix, isCut: this.#isSuffixCut },
				{ text: suffix, isCut: isSuffixCut(text, offset) },
				sameness,
			)
		)
			return undefined;
		const startOfLine = lineStart(text, offset);
		const from = Math.max(0, startOfLine - comparedChars);
		const before = withUnixLineEnds(text.slice(from, offset));
		const best = this.#starts(before)
			.flatMap((start) => {
				const same = isSamePrefix(
					{ text: this.#prefix, isCut: !this.#isFromStart },
					{ text: before.slice(0, start), isCut: from > 0 },
					sameness,
				);
				return same ? [{ start, ...same }] : [];
			})
			// Among equals the first: where the same lines are typed again and again, another would take some for a part of the prefix.
			.sort((a, b) => a.changedLines - b.changedLines)[0];
		if (!best) return undefined;
		const typed = before.slice(best.start);
		const isTooMuch =
			typed.length > Math.max(maxTypedChars, offset - startOfLine) ||
			typed.split("\n").length > maxTypedLines;
		return isTooMuch
			? undefined
			: {
					typed: endOfLongLine(typed),
					isExact: isSuffixExact && best.changedLines === 0,
				};
	}

	/** Where the typed text may begin, from the first to the last, also where that is too much. Of very many, the last. */
	#starts(before: string): number[] {
		const anchor = this.#prefix.slice(-anchorChars);
		if (anchor === "") return [0];
		const starts: number[] = [];
		let at = before.lastIndexOf(anchor);
		while (at >= 0 && starts.length < maxStarts) {
			starts.push(at + anchor.length);
			at = at === 0 ? -1 : before.lastIndexOf(anchor, at - 1);
		}
		return starts.reverse();
	}
}

/** Whether so much is typed that the frame will soon be too small. */
export function isLongTyped(typed: string): boolean {
	return (
		typed.length > maxTypedChars / 2 ||
		typed.split("\n").length > maxTypedLines / 2
	);
}

/** The start of a line above the cursor, one that is not blank where there is one: a tokenizer may merge blank lines with the one before. */
function startOf(text: string, offset: number): number {
	let start = lineStart(text, offset);
	let chosen = start;
	for (let lines = 1; lines <= linesAbove && start > 0; lines++) {
		const lineStart = text.lastIndexOf("\n", start - 2) + 1;
		if (offset - lineStart > maxCharsAbove) break;
		if (text.slice(lineStart, start).trim() !== "") chosen = lineStart;
		start = lineStart;
	}
	return chosen;
}
