/** Indentation as the document has it, whatever the model was used to. */

import {
	indentOf,
	indentTo,
	indentWidth,
} from "../../workspace/indentation.ts";
import { isProse, opensBody } from "../text/languages.ts";
import type { FilterPlace } from "./filterPlace.ts";
import type { TextStream } from "./textStream.ts";

/** Re-indents each line before it passes on its first character. In prose, indentation has meanings of its own. */
export async function* reindented(
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
			// What the model wrote tells where the next line stands, not what became of it.
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

/** Such a character goes on with the statement above, which aligns it as it likes. */
const continues = /[.+\-*/?:&|,=)\]}<]/;
/** Such a character goes one level in, the first time. */
const isChained = /^[.?:&|+]/;
/** What follows such a line may stand one level in. */
const goesDeeper =
	/[=:?+\-*/&|(\\]\s*$|^\s*(?:(?:if|for|while)\b.*)?\)\s*$|\belse\s*$/;
/** A line that ends so is not finished. */
const isUnfinished = /[,([+\-*/=&|.\\]\s*$/;

class Reindenter {
	/** The last line with something on it, before re-indenting. */
	lineAbove: string;
	readonly #place: FilterPlace;
	readonly #base: number;
	/** Columns that the first line had too many, and from which column on. */
	#excess = { columns: 0, from: 0 };
	/** The width of the model's steps, once it is known. */
	#step: number | undefined;

	constructor(place: FilterPlace) {
		this.#place = place;
		this.lineAbove =
			place.linesAbove.findLast((line) => line.trim() !== "") ?? "";
		this.#base = this.#width(place.lineBefore);
		if (place.lineBefore.trim() !== "") this.lineAbove = place.lineBefore;
	}

	/** @param lead what the model puts before the first character, behind the blank beginning of the line. */
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
		// The model begins the line anew, with the indentation that stands there already.
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
		// A tab is a tab. In parentheses, lines are indented as they like.
		const mayStep =
			indentation.insertSpaces && !/[([]\s*$/.test(this.lineAbove);
		// What is to be deeper than the first line and is not: only that line had too much.
		if (isDeeper && width <= this.#excess.from)
			this.#excess = { columns: 0, from: 0 };
		if (isDeeper && mayStep && !continues.test(char))
			this.#step ??= this.#stepTo(width);
		const columns = this.#fit(width);
		const isForeign = indentation.insertSpaces
			? indent.includes("\t")
			: /^ /.test(indent) && columns >= indentation.tabSize;
		return columns === this.#width(indent) && !isForeign
			? indent
			: indentTo(columns, indentation);
	}

	/** The model's step, from the first line that is deeper than one that opens a body. */
	#stepTo(width: number): number | undefined {
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

	/** Columns in steps of the document: spaces in a file of tabs are taken by the model's own step. */
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
	/** Spaces that stand for a tab. */
	#spaces: number | undefined;

	#width(line: string): number {
		return indentWidth(line, this.#place.indentation.tabSize);
	}
}
