/** Brings the indentation of code that a model wrote to that of the file which it goes into. */

const tab = "\t";

export function indentOf(line: string): string {
	return /^[ \t]*/.exec(line)?.[0] ?? "";
}

export function isBlank(line: string): boolean {
	return line.trim() === "";
}

/** With tabs where the file has tabs and the code spaces, and the other way round. */
export function withFileIndentation(
	code: readonly string[],
	file: readonly string[],
): string[] {
	const from = unitOf(code);
	const to = unitOf(file);
	// Spaces of another number may be an alignment, and stay as they are.
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

/** Moved as a whole from one indentation to another. */
export function reindented(
	code: readonly string[],
	from: string,
	to: string,
): string[] {
	if (from === to) return [...code];
	return code.map((line) => {
		if (isBlank(line)) return "";
		const own = indentOf(line);
		// What stands further left than the first line stays as far left as it can.
		const rest = own.startsWith(from) ? own.slice(from.length) : "";
		return to + rest + line.slice(own.length);
	});
}

/** What one level is indented by; undefined where there are none, or lines are only aligned. */
function unitOf(lines: readonly string[]): string | undefined {
	const counts = new Map<string, number>();
	let before = "";
	for (const line of lines) {
		// The second line of a comment stands one space further in.
		if (isBlank(line) || /^\s*\*/.test(line)) continue;
		const indent = indentOf(line);
		const step = indent.startsWith(tab) ? tab : indent.slice(before.length);
		if (step === tab || (indent.length > before.length && step.length > 1))
			counts.set(step, (counts.get(step) ?? 0) + 1);
		before = indent;
	}
	const [most] = [...counts].sort(([, first], [, second]) => second - first);
	return most?.[0];
}
