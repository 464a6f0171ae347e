/** The context that is attached to a question unless the user removes it: the active editor's file and selection. */

export interface ShownFile {
	/** Relative to the workspace. */
	readonly path: string;
	/** Zero-based; null if nothing is selected. */
	readonly selection: SelectedRange | null;
	/** False if it may hold secrets. */
	readonly canAttach: boolean;
	/** Only the selection of a huge file is attached. */
	readonly isHuge: boolean;
}

export interface SelectedRange {
	readonly startLine: number;
	readonly startCharacter: number;
	readonly endLine: number;
	readonly endCharacter: number;
}

export interface DefaultContextItem {
	/** Identifies the file or the selection. */
	readonly id: string;
	readonly kind: "file" | "selection";
	readonly label: string;
	readonly path: string;
}

/** The file first: it changes less often than the selection, so the prefix cache stays valid for longer. */
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

/** An item stays removed until another file or selection is active. */
export function stillRemoved(
	removed: ReadonlySet<string>,
	items: readonly DefaultContextItem[],
): ReadonlySet<string> {
	return new Set(items.map(({ id }) => id).filter((id) => removed.has(id)));
}

/** One-based and inclusive: `3-5`, or `3`. */
export function linesText({
	startLine,
	endLine,
	endCharacter,
}: SelectedRange): string {
	// A selection of whole lines ends at the beginning of the next one.
	const last =
		endCharacter === 0 && endLine > startLine ? endLine : endLine + 1;
	return last > startLine + 1 ? `${startLine + 1}-${last}` : `${last}`;
}
