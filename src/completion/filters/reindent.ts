/** Converts the model's indentation to that of the document. */

import {
	indentOf,
	indentTo,
	indentWidth,
} from "../../workspace/indentation.ts";
import { isProse, opensBody } from "../text/languageSyntax.ts";
import type { FilterPlace } from "./filterPlace.ts";
import type { TextStream } from "./textStream.ts";

/** Re-indents each line before passing on its first character. Prose is left alone: its indentation has meaning. */
export async function* withDocumentIndentation(
	chunks: TextStream,
	place: FilterPlace,
): AsyncGenerator<string> {
	if (isProse(place.languageId)) {
		yield* chunks;
		return;
	}
	const reindenter = new Reindenter(place);
	let isIndent = place.lineBefore.trim() === "";
	let isCursorLine = true;
	let indent = "";
	let line = place.lineBefore;
	for await (const chunk of chunks)
		for (const char of chunk) {
			if (isIndent && (char === " " || char === "\t")) {
				indent += char;
				continue;
			}
			// The next line is placed relative to what the model wrote, not to the re-indented line.
			line += indent;
			if (isIndent && char !== "\n")
				indent = isCursorLine
					? reindenter.first(indent, char)
					: reindenter.next(indent, char);
			if (indent !== "") yield indent;
			indent = "";
			isIndent = false;
			yield char;
			line += char;
			if (char !== "\n") continue;
			if (line.trim() !== "") reindenter.lineAbove = line.trimEnd();
			isIndent = true;
			isCursorLine = false;
			line = "";
		}
	if (indent !== "") yield indent;
}

/** A line that starts so continues the statement above, whose alignment is free. */
const continues = /[.+\-*/?:&|,=)\]}<]/;
/** The first line that starts so is indented by one level. */
const isChained = /^[.?:&|+]/;
/** The line after such a line may be indented by one level. */
const goesDeeper =
	/[=:?+\-*/&|(\\]\s*$|^\s*(?:(?:if|for|while)\b.*)?\)\s*$|\belse\s*$/;
/** A line that ends so continues on the next. */
const isUnfinished = /[,([+\-*/=&|.\\]\s*$/;

class Reindenter {
	/** The last line that is not blank, before re-indenting. */
	lineAbove: string;
	readonly #place: FilterPlace;
	readonly #base: number;
	/** The surplus columns of the first line, and the column where they begin. */
	#excess = { columns: 0, from: 0 };
	/** The model's indentation width, once it is known. */
	#step: number | undefined;

	constructor(place: FilterPlace) {
		this.#place = place;
		this.lineAbove =
			place.linesAbove.findLast((line) => line.trim() !== "") ?? "";
		this.#base = this.#width(place.lineBefore);
		if (place.lineBefore.trim() !== "") this.lineAbove = place.lineBefore;
	}

	/** @param lead the white space that the model adds to that before the cursor. */
	first(lead: string, char: string): string {
		if (lead === "") return "";
		const { lineBefore, indentation, languageId } = this.#place;
		const unit = indentation.tabSize;
		const width = this.#width(lead);
		const total = this.#base + width;
		const above = this.#width(this.lineAbove);
		const isOpened = opensBody(this.lineAbove, languageId);
		const expected = isOpened ? above + unit : above;
		const put = (columns: number): string => {
			const kept = Math.max(0, columns - this.#base);
			if (kept !== width && width !== expected)
				this.#excess = { columns: width - kept, from: total };
			return indentTo(columns, indentation).slice(
				indentTo(this.#base, indentation).length,
			);
		};
		if (total === expected) return put(expected);
		if (
			total === above + unit &&
			(goesDeeper.test(this.lineAbove) ||
				(isChained.test(char) && !isChained.test(this.lineAbove.trimStart())))
		)
			return put(total);
		// The model repeats the indentation that is already before the cursor.
		if (width === expected || (lead === lineBefore && total > expected))
			return put(Math.max(this.#base, width));
		if (continues.test(char) || isUnfinished.test(this.lineAbove))
			return put(total);
		if (total < expected && total % unit === 0) return put(total);
		return put(this.#base > 0 ? this.#base : expected);
	}

	next(indent: string, char: string): string {
		const { indentation } = this.#place;
		const width = this.#columns(indent);
		const isDeeper = opensBody(this.lineAbove, this.#place.languageId);
		// Tabs have no width to adapt, and the indentation inside parentheses is free.
		const mayStep =
			indentation.insertSpaces && !/[([]\s*$/.test(this.lineAbove);
		// A line that must be deeper than the first line and is not: only the first line had a surplus.
		if (isDeeper && width <= this.#excess.from)
			this.#excess = { columns: 0, from: 0 };
		if (isDeeper && mayStep && !continues.test(char))
			this.#step ??= this.#stepFrom(width);
		const columns = this.#fit(width);
		const isForeign = indentation.insertSpaces
			? indent.includes("\t")
			: /^ /.test(indent) && columns >= indentation.tabSize;
		return columns === this.#width(indent) && !isForeign
			? indent
			: indentTo(columns, indentation);
	}

	/** The model's indentation width, from the first line inside a body that the model opened. */
	#stepFrom(width: number): number | undefined {
		const above =
			this.lineAbove === this.#place.lineBefore
				? this.#base
				: this.#columns(indentOf(this.lineAbove));
		const step = width - above;
		return step >= 1 && step <= 8 ? step : undefined;
	}

	#fit(width: number): number {
		const { tabSize } = this.#place.indentation;
		const { columns: excess, from } = this.#excess;
		const shifted = excess > 0 && width >= from ? width - excess : width;
		const deeper = shifted - this.#base;
		if (this.#step === undefined || this.#step === tabSize || deeper <= 0)
			return shifted;
		return (
			this.#base +
			Math.floor(deeper / this.#step) * tabSize +
			(deeper % this.#step)
		);
	}

	/** The width in columns of the document. In a document with tabs, the model's spaces are converted by the model's own width. */
	#columns(indent: string): number {
		const { indentation } = this.#place;
		if (indentation.insertSpaces || indent.includes("\t") || indent === "")
			return this.#width(indent);
		const levels = this.#base / indentation.tabSize;
		const expected =
			levels + (opensBody(this.lineAbove, this.#place.languageId) ? 1 : 0);
		this.#spaces ??=
			expected > 0 &&
			indent.length % expected === 0 &&
			indent.length / expected <= 8
				? indent.length / expected
				: indentation.tabSize;
		return (
			Math.floor(indent.length / this.#spaces) * indentation.tabSize +
			(indent.length % this.#spaces)
		);
	}
	/** The number of spaces that the model writes for a tab. */
	#spaces: number | undefined;

	#width(line: string): number {
		return indentWidth(line, this.#place.indentation.tabSize);
	}
}
