/** How far lines are indented, with tabs and spaces of any width. */

export function indentOf(line: string): string {
	return /^[ \t]*/.exec(line)?.[0] ?? "";
}

/** Columns of the indentation. Tabs reach to the next multiple of four: only comparisons within one file matter. */
export function indentWidth(line: string): number {
	let columns = 0;
	for (const char of indentOf(line))
		columns = char === "\t" ? (Math.floor(columns / 4) + 1) * 4 : columns + 1;
	return columns;
}
