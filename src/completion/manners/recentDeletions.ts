/** What the user has just deleted or undone: a suggestion that would restore it was answered already. */

import {
	type Edit,
	type LinePlace,
	lastLine,
	lineCount,
	movedLine,
	withoutSpace,
} from "./edits.ts";

interface Deletion {
	readonly uri: string;
	readonly line: number;
	/** That line up to the deletion. */
	readonly before: string;
	readonly text: string;
}

const maxDeletions = 8;
/** Of longer texts, the beginning is enough. */
const maxChars = 2000;
/** A first line that is shorter, as `{`, is compared together with the lines below it. */
const minCompared = 8;

export class RecentDeletions {
	#newestFirst: readonly Deletion[] = [];
	/** Whether the last edit only deleted: the next key may continue it. */
	#isDeleting = false;

	edited(uri: string, edit: Edit): void {
		const [last, ...older] = this.#newestFirst;
		const merged =
			edit.inserted === "" && this.#isDeleting && last?.uri === uri
				? mergedWith(last, edit)
				: undefined;
		const { line, before, removed } = edit;
		const moved = (merged ? older : this.#newestFirst).map((it) =>
			it.uri === uri ? { ...it, line: movedLine(it.line, edit) } : it,
		);
		this.#isDeleting = edit.inserted === "";
		const text = merged ?? removed;
		this.#newestFirst =
			text.trim() === ""
				? moved
				: [
						{ uri, line, before, text: text.slice(0, maxChars) },
						...moved,
					].slice(0, maxDeletions);
		// Backspace over a line's indentation is the beginning of a deletion, too.
		if (text.trim() === "") this.#isDeleting = false;
	}

	/** Whether the suggestion would put a deleted text back where it was. */
	restores({ uri, line, before }: LinePlace, suggestion: string): boolean {
		return this.#newestFirst.some(
			(it) =>
				it.uri === uri &&
				starts(it).some(
					(start) =>
						// Deleting a whole line leaves the cursor on the next, or on a new one above it.
						Math.abs(start.line - line) <= 1 &&
						start.before.trim() === before.trim(),
				) &&
				isSameStart(suggestion, it.text),
		);
	}
}

/** Where a deleted text began; below it, where its first line did that is not blank. */
function starts({
	line,
	before,
	text,
}: Deletion): readonly { readonly line: number; readonly before: string }[] {
	const blank = /^\s*/.exec(text)?.[0] ?? "";
	const start = { line, before };
	return blank.includes("\n")
		? [start, { line: line + lineCount(blank), before: "" }]
		: [start];
}

/** The text of a deletion that the edit continues backward or forward; undefined where it is another one. */
function mergedWith(last: Deletion, edit: Edit): string | undefined {
	const { line, before, removed } = edit;
	if (
		line + lineCount(removed) === last.line &&
		lastLine(before + removed) === last.before
	)
		return removed + last.text;
	return line === last.line && before === last.before
		? last.text + removed
		: undefined;
}

/** Whether one text begins with the other, or their first lines are equal; without regard to white space. */
function isSameStart(a: string, b: string): boolean {
	const [left, right] = [withoutSpace(a), withoutSpace(b)];
	const compared = Math.min(
		left.length,
		right.length,
		Math.max(firstLineChars(a), firstLineChars(b), minCompared),
	);
	return compared > 0 && left.slice(0, compared) === right.slice(0, compared);
}

function firstLineChars(text: string): number {
	const [first = ""] = text.trim().split("\n");
	return withoutSpace(first).length;
}
