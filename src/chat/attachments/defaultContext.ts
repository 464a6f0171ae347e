/** What goes along with a question unless the user removes it: what is selected, and the file that is looked at. */

export interface ShownFile {
	/** Relative to the workspace. */
	readonly path: string;
	/** Null where nothing is selected. Lines and characters are counted from 0. */
	readonly selection: SelectedRange | null;
	/** False where it may hold secrets. */
	readonly canAttach: boolean;
	/** Of a huge one only a selection goes along. */
	readonly isHuge: boolean;
}

export interface SelectedRange {
	readonly startLine: number;
	readonly startCharacter: number;
	readonly endLine: number;
	readonly endCharacter: number;
}

export interface DefaultContextItem {
	/** The same as long as it is the same file, or the same selection. */
	readonly id: string;
	readonly kind: "file" | "selection";
	readonly label: string;
	readonly path: string;
}

/** The file goes first: it stays the same for longer than a selection. */
export function defaultContextItems(
	shown: ShownFile | undefined,
): DefaultContextItem[] {
	if (!shown?.canAttach) return [];
	const { path, selection, isHuge } = shown;
	const file = { id: `file:${path}`, kind: "file", label: path, path } as const;
	const files = isHuge ? [] : [file];
	if (!selection) return files;
	const { startLine, startCharacter, endLine, endCharacter } = selection;
	const id = `selection:${path}:${startLine}:${startCharacter}-${endLine}:${endCharacter}`;
	const label = `${path}:${linesText(selection)}`;
	return [...files, { id, kind: "selection", label, path }];
}

/** What was removed comes back when another file or selection came in between. */
export function stillRemoved(
	removed: ReadonlySet<string>,
	items: readonly DefaultContextItem[],
): ReadonlySet<string> {
	return new Set(items.map(({ id }) => id).filter((id) => removed.has(id)));
}

/** Counted from 1, the last one included: `3-5`, or `3`. */
export function linesText({
	startLine,
	endLine,
	endCharacter,
}: SelectedRange): string {
	// Who selects whole lines ends at the beginning of the next one.
	const last =
		endCharacter === 0 && endLine > startLine ? endLine : endLine + 1;
	return last > startLine + 1 ? `${startLine + 1}-${last}` : `${last}`;
}
