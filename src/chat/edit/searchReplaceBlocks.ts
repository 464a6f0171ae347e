/**
 * The grammar of edits in SEARCH/REPLACE format. What is edited may itself contain lines like the marks: merge conflicts, underlined
 * headings, and this format. So marks count only at the ends of a balanced block, with the length and the indentation of its first one.
 */

/** One way to read an edit: text with a line like the divider can be divided there, too. */
export interface Replacement {
	readonly search: readonly string[];
	readonly replace: readonly string[];
	/** The line between the two. */
	readonly divider: string;
	/** Whether the divider is inside of something balanced: such a reading is only evidence against others. */
	readonly isInside: boolean;
}

interface Mark {
	readonly kind: "search" | "replace" | "opening" | "closing" | "divider";
	/** Its indentation and its signs. */
	readonly indent: string;
	readonly length: number;
}

const markLine =
	/^(?<indent>[ \t]*)(?:(?<open><{5,9}) ?(?<opened>\S.*)?|(?<close>>{5,9}) ?(?<closed>\S.*)?|(?<divide>={5,9}))$/;

function markOf(line: string): Mark | undefined {
	const groups = markLine.exec(line.trimEnd())?.groups;
	if (!groups) return undefined;
	const { indent = "", open, opened, close, closed, divide = "" } = groups;
	if (open !== undefined)
		return {
			kind: opened === "SEARCH" ? "search" : "opening",
			indent,
			length: open.length,
		};
	if (close !== undefined)
		return {
			kind: closed === "REPLACE" ? "replace" : "closing",
			indent,
			length: close.length,
		};
	return { kind: "divider", indent, length: divide.length };
}

export function isSearchReplace(block: readonly string[]): boolean {
	return block.some((line) => markOf(line)?.kind === "search");
}

/** The edits in order, each in all its readings; undefined if a mark is missing or left over. Other text outside of edits is ignored. */
export function parseSearchReplace(
	block: readonly string[],
): (readonly Replacement[])[] | undefined {
	const edits: (readonly Replacement[])[] = [];
	for (let at = 0; at < block.length; at++) {
		const mark = markOf(block[at] ?? "");
		if (!mark) continue;
		if (mark.kind !== "search") return undefined;
		const edit = readEdit(block, at, mark);
		if (!edit) return undefined;
		edits.push(edit.readings);
		at = edit.end;
	}
	return edits;
}

/** @returns its readings, and the index of its last line. */
function readEdit(
	block: readonly string[],
	start: number,
	first: Mark,
):
	| { readonly readings: readonly Replacement[]; readonly end: number }
	| undefined {
	const dividers: { readonly at: number; readonly isInside: boolean }[] = [];
	/** What is open, the edit itself first: each is closed by its own counterpart. */
	const open: Mark["kind"][] = [first.kind];
	for (let at = start + 1; at < block.length; at++) {
		const mark = markOf(block[at] ?? "");
		if (mark?.length !== first.length || mark.indent !== first.indent) continue;
		if (mark.kind === "divider") {
			dividers.push({ at, isInside: open.length > 1 });
			continue;
		}
		if (mark.kind === "search" || mark.kind === "opening") {
			open.push(mark.kind);
			continue;
		}
		const isOfEdit = open.pop() === "search";
		if (isOfEdit !== (mark.kind === "replace")) return undefined;
		if (open.length > 0) continue;
		if (dividers.every(({ isInside }) => isInside)) return undefined;
		const readings = dividers.map(({ at: divider, isInside }) => ({
			search: block.slice(start + 1, divider),
			replace: block.slice(divider + 1, at),
			divider: block[divider] ?? "",
			isInside,
		}));
		return { readings, end: at };
	}
	return undefined;
}
