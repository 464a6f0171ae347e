/** The syntax around a cursor: what begins there, and whether a text that is inserted there is whole. */

import { indentWidth } from "../../workspace/indentation.ts";
import { opensBody } from "../text/languageSyntax.ts";
import { isAtBodyStart } from "./bodyStart.ts";
import {
	errorCount,
	isComment,
	isDirective,
	isLabel,
	isSequence,
	isString,
} from "./nodes.ts";
import { bracketsAfter, endsInText } from "./openBrackets.ts";
import type { SyntaxNode, SyntaxPort } from "./syntaxPort.ts";

export interface SyntaxPlace {
	readonly languageId: string;
	/** The text before and after the cursor, or what is near of it. */
	readonly before: string;
	readonly after: string;
}

/**
 * Everything is undefined while there is no grammar. Each question costs a parse of the text around the cursor, of which tree-sitter
 * reads only what has changed.
 */
export class CursorSyntax {
	readonly #port: SyntaxPort;
	readonly #place: SyntaxPlace;
	/** The closers of what is open at the cursor, outermost first. */
	#open: readonly string[];
	/** How many of them the text after the cursor has. */
	readonly #closedAfter: number;
	#errorsBefore: number | undefined;

	constructor(port: SyntaxPort, place: SyntaxPlace) {
		const { languageId, before, after } = place;
		this.#port = port;
		const start = fromOutside(before);
		this.#open = bracketsAfter(start, languageId).open;
		const isCut = after.length >= minCutAfterChars;
		const end = isCut ? wholeLinesOf(after) : after;
		const { surplus, open } = bracketsAfter(end, languageId);
		this.#closedAfter = isCut ? this.#open.length : surplus;
		const beyond = isCut
			? [...this.#open.slice(0, -surplus || undefined), ...open]
			: [];
		this.#place = {
			languageId,
			before: start,
			after: end + closing(beyond),
		};
	}

	/** Whether a body begins at the cursor. */
	isAtBodyStart(): boolean | undefined {
		const { languageId, before, after } = this.#place;
		const root = this.#parse(before + after);
		if (!root) return undefined;
		// A string that nothing closes is no string to the parser.
		if (root.hasError && endsInText(before, languageId)) return false;
		return isAtBodyStart(root, before + after, before.length, languageId);
	}

	/**
	 * Whether the text consists of whole statements (or members, arguments, elements): it brings no error that is not there without it,
	 * and nothing that begins in it ends behind it.
	 */
	isWhole(text: string): boolean | undefined {
		const { languageId, before } = this.#place;
		const last = lastLine(before + text);
		if (!opensBody(last, languageId) || this.#goesOnBelow())
			return this.#fits(text, false);
		// The end of the parameter list that the cursor was in: the body is another matter.
		const { open, kept } = bracketsAfter(text, languageId, this.#open);
		const isHeader =
			/^\s*[)\]]/.test(last) &&
			kept < this.#open.length &&
			open.length <= kept + 1;
		return isHeader && this.#fits(text, true);
	}

	/**
	 * The text up to the last line with which it is whole. Where that is none, up to the last line with which only blocks are open; else
	 * its first line, which is shown as the rest of a line is. Prose may end anywhere.
	 */
	wholeLines(text: string): string {
		const ends = lineEnds(text);
		const last = (isEnd: (text: string) => boolean): number | undefined =>
			ends.find((end) => isEnd(text.slice(0, end)));
		return text.slice(
			0,
			last((it) => this.isWhole(it) !== false) ??
				last((it) => this.#isWholeInside(it)) ??
				(endsInText(this.#place.before + text, this.#place.languageId)
					? text.length
					: ends.at(-1)),
		);
	}

	/**
	 * The beginning of a text that goes on behind it, without the last line, of which only a part is there, and what else is not whole. One
	 * line stays as it is.
	 */
	wholeLinesOfPart(part: string, text: string): string {
		const end = text.startsWith("\n", part.length)
			? part.length
			: part.lastIndexOf("\n");
		const lines = part.slice(0, Math.max(0, end));
		return lines.trim() === "" || this.isWhole("") === undefined
			? part
			: this.wholeLines(lines);
	}

	/** Whether a line of the text, to which indentation gives no place in the block, belongs to it: a label, a directive, text in a string. */
	holds(textBefore: string, line: string): boolean {
		const { languageId, before } = this.#place;
		const root = this.#parse(this.#textWith(textBefore + line, true));
		if (root?.hasError && endsInText(before + textBefore, languageId))
			return true;
		const start = before.length + textBefore.length;
		const at = start + Math.max(0, line.search(/\S/));
		let label: SyntaxNode | undefined;
		for (
			let node = root?.descendantForIndex(at, at + 1) ?? null;
			node;
			node = node.parent
		) {
			if (node.startIndex < start && (isString(node) || isComment(node)))
				return true;
			if (node.startIndex < at) break;
			if (isDirective(node)) return true;
			if (isLabel(node)) label = node;
		}
		if (!label) return false;
		// After a label before the cursor, the body at the cursor is that label's.
		const above = precedingLabel(label);
		return above === null || above.startIndex >= before.length;
	}

	/** Whether the text would be whole with its blocks closed. */
	#isWholeInside(text: string): boolean {
		const { languageId, before } = this.#place;
		const { open, kept } = bracketsAfter(text, languageId, this.#open);
		return (
			open.slice(kept).every((it) => it === "}") &&
			!opensBody(lastLine(before + text), languageId) &&
			this.#fits(text, true) !== false
		);
	}

	/** On a blank line above deeper ones: what begins in the text has its end there. */
	#goesOnBelow(): boolean {
		const { before, after } = this.#place;
		const line = lastLine(before);
		const next = after.split("\n").find((it) => it.trim() !== "");
		return (
			line.trim() === "" &&
			next !== undefined &&
			indentWidth(next) > indentWidth(line)
		);
	}

	#fits(text: string, closesOwn: boolean): boolean | undefined {
		const errorsBefore = this.#countErrorsBefore();
		const whole = this.#textWith(text, closesOwn);
		const root = this.#parse(whole);
		if (!root) return undefined;
		const errors = errorCount(root);
		const start = this.#place.before.length;
		if (errors === 0)
			return (
				closesOwn ||
				this.#goesOnBelow() ||
				!isLeftOpen(root, whole, start, start + text.length)
			);
		if (errors !== errorsBefore) return errors < errorsBefore;
		const { open, kept } = bracketsAfter(
			text,
			this.#place.languageId,
			this.#open,
		);
		return closesOwn || open.length === kept;
	}

	/** Without the text. */
	#countErrorsBefore(): number {
		if (this.#errorsBefore === undefined) {
			const { before, after } = this.#place;
			const bare = this.#countErrors(before + after);
			const closed = this.#countErrors(this.#textWith("", false));
			// The brackets were miscounted, as those in a regular expression may be.
			if (closed > bare) this.#open = [];
			this.#errorsBefore = Math.min(bare, closed);
		}
		return this.#errorsBefore;
	}

	#countErrors(text: string): number {
		const root = this.#parse(text);
		return root ? errorCount(root) : 0;
	}

	/**
	 * The document with the text at the cursor. Brackets that are open there and closed nowhere are closed behind it, because else an
	 * error there would hide those in the text.
	 *
	 * @param closesOwn whether to close what the text opens, too.
	 */
	#textWith(text: string, closesOwn: boolean): string {
		const { languageId, before, after } = this.#place;
		const { open, kept } = bracketsAfter(text, languageId, this.#open);
		const closers = [
			...open.slice(Math.min(this.#closedAfter, kept), kept),
			...(closesOwn ? open.slice(kept) : []),
		];
		return before + text + closing(closers) + after;
	}

	#parse(text: string): SyntaxNode | undefined {
		return this.#port.parse(this.#place.languageId, text);
	}
}

/** Whether something that begins in the text ends behind it. */
function isLeftOpen(
	root: SyntaxNode,
	whole: string,
	start: number,
	textEnd: number,
): boolean {
	const end = start + whole.slice(start, textEnd).trimEnd().length;
	if (end === start) return false;
	for (
		let node = root.descendantForIndex(end - 1, end);
		node && node.startIndex >= start;
		node = node.parent
	)
		if (!isSequence(node) && whole.slice(end, node.endIndex).trim() !== "")
			return true;
	return false;
}

/** Texts of these lengths may be the end or the beginning of longer ones. */
const minCutBeforeChars = 15_000;
const minCutAfterChars = 4000;

/** @param closers outermost first. */
function closing(closers: readonly string[]): string {
	return closers.length > 0 ? `\n${closers.toReversed().join("\n")}` : "";
}

function wholeLinesOf(text: string): string {
	return text.slice(0, Math.max(0, text.lastIndexOf("\n")));
}

/** Without the lines before the first that is not indented: they may begin inside a comment or a string. */
function fromOutside(before: string): string {
	if (before.length < minCutBeforeChars) return before;
	const start = before.search(/^[\p{L}_@#]/mu);
	return start < 0 ? before : before.slice(start);
}

/** From the end of the text to that of its first line. */
function lineEnds(text: string): number[] {
	const ends = [text.length];
	for (
		let end = text.lastIndexOf("\n");
		end > 0 && text.slice(0, end).trim() !== "";
		end = text.lastIndexOf("\n", end - 1)
	)
		ends.push(end);
	return ends;
}

function lastLine(text: string): string {
	return text.slice(text.lastIndexOf("\n") + 1);
}

function precedingLabel(node: SyntaxNode): SyntaxNode | null {
	for (let it = node.previousNamedSibling; it; it = it.previousNamedSibling)
		if (isLabel(it)) return it;
	return null;
}
