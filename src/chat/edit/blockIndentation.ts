/** Adapts the indentation of a model's code to the file that it is inserted into. */

import { indentOf } from "../../workspace/indentation.ts";

const tab = "\t";

export function isBlank(line: string): boolean {
	return line.trim() === "";
}

/** Converts between tabs and spaces as the file requires. */
export function withFileIndentation(
	code: readonly string[],
	file: readonly string[],
): string[] {
	const from = unitOf(code);
	const to = unitOf(file);
	// Another number of spaces may be alignment, and stays.
	if (!from || !to || (from === tab) === (to === tab)) return [...code];
	return code.map((line) => {
		const indent = indentOf(line);
		const levels = Math.floor(
			from === tab
				? indent.replaceAll(" ", "").length
				: indent.length / from.length,
		);
		return to.repeat(levels) + line.slice(levels * from.length);
	});
}

/** Shifts the block from one indentation to another. */
export function withIndentation(
	code: readonly string[],
	from: string,
	to: string,
): string[] {
	if (from === to) return [...code];
	return code.map((line) => {
		if (isBlank(line)) return "";
		const own = indentOf(line);
		// A line further left than the first one goes as far left as possible.
		const rest = own.startsWith(from) ? own.slice(from.length) : "";
		return to + rest + line.slice(own.length);
	});
}

/** The indentation of one level; undefined if there are no levels, or lines are only aligned. */
function unitOf(lines: readonly string[]): string | undefined {
	const counts = new Map<string, number>();
	let before = "";
	for (const line of lines) {
		// Block comments are aligned by one space.
		if (isBlank(line) || /^\s*\*/.test(line)) continue;
		const indent = indentOf(line);
		const step = indent.startsWith(tab) ? tab : indent.slice(before.length);
		if (step === tab || (indent.length > before.length && step.length > 1))
			counts.set(step, (counts.get(step) ?? 0) + 1);
		before = indent;
	}
	const [commonest] = [...counts].sort(
		([, first], [, second]) => second - first,
	);
	return commonest?.[0];
}
