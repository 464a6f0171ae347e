/** A file as lines that keep their own line endings, so that an edit changes no other line. */

export interface FileLines {
	readonly lines: readonly string[];
	/** The line ending of each line; empty for a last line without one. */
	readonly ends: readonly string[];
	/** The line ending of most lines. */
	readonly usualEnd: string;
	/** The byte order mark, or an empty string. */
	readonly mark: string;
}

export function parseFile(text: string): FileLines {
	const mark = text.startsWith("\uFEFF") ? "\uFEFF" : "";
	const lines: string[] = [];
	const ends: string[] = [];
	for (const [, line = "", end = ""] of text
		.slice(mark.length)
		.matchAll(/([^\r\n]*)(\r\n|\n|\r|$)/g)) {
		if (line === "" && end === "") continue;
		lines.push(line);
		ends.push(end);
	}
	const isUsual = (end: string) =>
		ends.filter((it) => it === end).length * 2 > ends.length;
	const usualEnd = ["\r\n", "\r"].find(isUsual) ?? "\n";
	return { lines, ends, usualEnd, mark };
}

/** The lines of a model's code, without blank lines at either end. */
export function codeLines(code: string): string[] {
	const lines = code.split(/\r\n|\r|\n/);
	const first = lines.findIndex((line) => line.trim() !== "");
	const last = lines.findLastIndex((line) => line.trim() !== "");
	return first < 0 ? [] : lines.slice(first, last + 1);
}

/** The text with the lines from `start` to `end` (exclusive) replaced by `code`. */
export function replaceLines(
	{ lines, ends, usualEnd, mark }: FileLines,
	start: number,
	end: number,
	code: readonly string[],
): string {
	const ofFile = (from: number, to: number) =>
		lines.slice(from, to).map((line, index) => line + ends[from + index]);
	const lastEnd = end > start ? (ends[end - 1] ?? usualEnd) : usualEnd;
	const added = code.map(
		(line, index) => line + (index < code.length - 1 ? usualEnd : lastEnd),
	);
	return [
		mark,
		...ofFile(0, start),
		...added,
		...ofFile(end, lines.length),
	].join("");
}
