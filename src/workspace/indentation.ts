/** Indentation of lines, in tabs or spaces. */

export interface Indentation {
	readonly insertSpaces: boolean;
	/** In columns. */
	readonly tabSize: number;
}

export function indentOf(line: string): string {
	return /^[ \t]*/.exec(line)?.[0] ?? "";
}

/** The indentation in columns. The tab size matters only where tabs and spaces are compared. */
export function indentWidth(line: string, tabSize = 4): number {
	let columns = 0;
	for (const char of indentOf(line))
		columns =
			char === "\t"
				? (Math.floor(columns / tabSize) + 1) * tabSize
				: columns + 1;
	return columns;
}

/** White space of this many columns, in tabs or spaces. */
export function indentTo(
	columns: number,
	{ insertSpaces, tabSize }: Indentation,
): string {
	return insertSpaces
		? " ".repeat(columns)
		: "\t".repeat(Math.floor(columns / tabSize)) +
				" ".repeat(columns % tabSize);
}

/**
 * Detects the indentation of a document from its lines, with the editor's setting as the fallback. With spaces, the width is the most
 * frequent step between lines. A step of one column does not count: block comments are aligned by one.
 */
export function documentIndentation(
	lines: readonly string[],
	languageId: string,
	editor: Indentation,
): Indentation {
	if (languageId === "makefile") return { ...editor, insertSpaces: false };
	const indented = lines.filter((line) => /^(?:\t| {2})\s*\S/.test(line));
	if (indented.length === 0) return editor;
	const tabbed = indented.filter((line) => line.startsWith("\t")).length;
	if (tabbed * 2 > indented.length) return { ...editor, insertSpaces: false };
	const steps = new Map<number, number>();
	let last: number | undefined;
	for (const line of lines) {
		if (line.trim() === "") continue;
		const width = indentWidth(line);
		const step = width - (last ?? width);
		if (step >= 2 && step <= 8) steps.set(step, (steps.get(step) ?? 0) + 1);
		last = width;
	}
	const [first] = [...steps].sort(
		([a, m], [b, n]) =>
			n - m ||
			Number(b === editor.tabSize) - Number(a === editor.tabSize) ||
			a - b,
	);
	return {
		insertSpaces: true,
		tabSize:
			first?.[0] ?? (editor.insertSpaces ? editor.tabSize : minWidth(indented)),
	};
}

function minWidth(lines: readonly string[]): number {
	return Math.min(...lines.map((line) => indentWidth(line)));
}
